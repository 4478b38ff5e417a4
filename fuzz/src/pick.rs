//! Structure out of arbitrary bytes.

/// Takes values off the front of the fuzzer's bytes. Where they end, zeros follow, so that every input means something.
#[derive(Clone, Copy, Debug)]
pub struct Pick<'a>(&'a [u8]);

impl<'a> Pick<'a> {
    /// Starts at the front.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One byte.
    pub fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    /// Eight bytes, little endian.
    pub fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    /// `N` bytes.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let found = self.bytes(N);
        array[..found.len()].copy_from_slice(found);
        array
    }

    /// At most so many bytes.
    pub fn bytes(&mut self, most: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Bytes with their length (two bytes, little endian) before them.
    pub fn counted(&mut self) -> &'a [u8] {
        let most = u16::from_le_bytes(self.array());
        self.bytes(most.into())
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        self.bytes(usize::MAX)
    }
}
