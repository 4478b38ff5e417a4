//! Memory that a decoder takes, against the bytes that it was given.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, with each thread's balance written down.
struct Metered;

#[global_allocator]
static METERED: Metered = Metered;

fn note(bytes: isize) {
    // A thread that ends gives memory back after its notes are gone.
    let _ = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(held.get())));
    });
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Metered {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size() as isize);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        note(-(layout.size() as isize));
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size as isize - layout.size() as isize);
        unsafe { System.realloc(place, layout, size) }
    }
}

/// Runs `decode` on this thread and asserts that it never held more than `factor` times `input` bytes, and 64 KiB, beyond what was held before.
///
/// # Panics
/// When it did: memory has followed a claim instead of the input.
pub fn within<T>(factor: usize, input: usize, decode: impl FnOnce() -> T) -> T {
    let before = HELD.get();
    PEAK.set(before);
    let result = decode();
    let taken = PEAK.get() - before;
    let limit = (factor * input + (64 << 10)) as isize;
    assert!(
        taken <= limit,
        "{input} bytes of input took {taken} bytes of memory, more than {limit}"
    );
    result
}
