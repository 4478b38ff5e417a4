//! A node's key: 32 secret bytes on secp256k1, kept in a file as hex (Besu's `key`).

use alloy_primitives::{Address, B256, Signature, U256, hex, keccak256};
use secp256k1::{Message, PublicKey, SECP256K1, SecretKey};
use std::fmt;

/// Why a key could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not 64 hex digits.
    #[error("expected 64 hex digits (32 bytes), with or without 0x")]
    NotHex,
    /// Zero, or not below the order of the curve.
    #[error("not a secp256k1 secret key: it is zero or too large")]
    OutOfRange,
}

/// A secret key. Printing it shows its address; [`NodeKey::to_hex`] alone shows the secret.
#[derive(Clone)]
pub struct NodeKey(SecretKey);

impl fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NodeKey").field(&self.address()).finish()
    }
}

impl NodeKey {
    /// A new key from the system's randomness.
    pub fn random() -> Self {
        Self(SecretKey::new(&mut secp256k1::rand::rng()))
    }

    /// Reads a key as files hold it: 64 hex digits, with or without `0x`.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        let bytes: [u8; 32] = hex::decode(text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(KeyError::NotHex)?;
        SecretKey::from_byte_array(bytes).map(Self).map_err(|_| KeyError::OutOfRange)
    }

    /// The secret as files hold it.
    pub fn to_hex(&self) -> String {
        hex::encode_prefixed(self.0.secret_bytes())
    }

    /// The public key: 64 bytes, x and y, as enode URLs write it.
    pub fn public_key(&self) -> [u8; 64] {
        let mut out = [0; 64];
        out.copy_from_slice(
            &PublicKey::from_secret_key(SECP256K1, &self.0).serialize_uncompressed()[1..],
        );
        out
    }

    /// The address: the last 20 bytes of the public key's keccak256.
    pub fn address(&self) -> Address {
        address_of(&self.public_key())
    }

    /// Signs a 32-byte hash. The signature has a low s (EIP-2).
    pub fn sign(&self, hash: B256) -> Signature {
        let signature = SECP256K1.sign_ecdsa_recoverable(Message::from_digest(hash.0), &self.0);
        let (recovery, compact) = signature.serialize_compact();
        Signature::new(
            U256::from_be_slice(&compact[..32]),
            U256::from_be_slice(&compact[32..]),
            i32::from(recovery) & 1 == 1,
        )
    }
}

/// The address of a public key of 64 bytes (Yellow Paper, appendix F).
pub fn address_of(public_key: &[u8; 64]) -> Address {
    Address::from_slice(&keccak256(public_key)[12..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::address;

    // The first key of the phrase "test … junk", with the address that every tool shows for it.
    const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    #[test]
    fn a_known_key_has_its_known_address() {
        let key = NodeKey::from_hex(KEY).unwrap();
        assert_eq!(key.address(), address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
        assert_eq!(key.to_hex(), KEY);
        assert_eq!(NodeKey::from_hex(&KEY[2..]).unwrap().address(), key.address());
        assert!(!format!("{key:?}").contains(&KEY[2..]));
    }

    #[test]
    fn what_it_signs_recovers_to_its_address() {
        let key = NodeKey::random();
        let hash = keccak256("a promise");
        let signature = key.sign(hash);
        assert_eq!(crate::recover::recover_address(hash, &signature).unwrap(), key.address());
        assert!(signature.normalize_s().is_none());
    }

    #[test]
    fn broken_keys_say_why() {
        assert_eq!(NodeKey::from_hex("0xabc").unwrap_err(), KeyError::NotHex);
        assert_eq!(NodeKey::from_hex("zz").unwrap_err(), KeyError::NotHex);
        assert_eq!(NodeKey::from_hex(&"00".repeat(32)).unwrap_err(), KeyError::OutOfRange);
        assert_eq!(NodeKey::from_hex(&"ff".repeat(32)).unwrap_err(), KeyError::OutOfRange);
    }
}
