//! The nine parties, and the keys that they play with.

use alloy_primitives::Address;
use entente_chain::NodeKey;

/// The parties of a letter of credit, in the order of the contract's enum `Party`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Party {
    Importer,
    ImporterBank,
    ExporterBank,
    Exporter,
    ExportControl,
    ShippingCompany,
    DepartingPort,
    ArrivingPort,
    Customs,
}

impl Party {
    pub(super) const ALL: [Self; 9] = [
        Self::Importer,
        Self::ImporterBank,
        Self::ExporterBank,
        Self::Exporter,
        Self::ExportControl,
        Self::ShippingCompany,
        Self::DepartingPort,
        Self::ArrivingPort,
        Self::Customs,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Importer => "Importer",
            Self::ImporterBank => "Importer's bank",
            Self::ExporterBank => "Exporter's bank",
            Self::Exporter => "Exporter",
            Self::ExportControl => "Export control",
            Self::ShippingCompany => "Shipping company",
            Self::DepartingPort => "Departing port",
            Self::ArrivingPort => "Arriving port",
            Self::Customs => "Customs",
        }
    }

    /// The party that holds an address.
    pub(super) fn of(address: Address) -> Option<Self> {
        Self::ALL.into_iter().find(|party| party.address() == address)
    }

    pub(super) fn address(self) -> Address {
        self.key().address()
    }

    pub(super) fn key(self) -> NodeKey {
        NodeKey::from_hex(KEYS[self as usize]).expect("the keys of the test phrase are valid")
    }
}

/// The first nine keys of the phrase "test test test test test test test test test test test junk", which every Ethereum tool knows. Anybody can
/// sign with them: they are for chains that hold nothing of worth.
const KEYS: [&str; 9] = [
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
    "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
    "8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
    "92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
    "4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
    "dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
];
