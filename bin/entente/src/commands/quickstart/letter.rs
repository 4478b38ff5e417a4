//! The letter of credit as the quickstart plays it: contracts, steps, refusals, audit trail. `contracts/README.md` tells the rules.

use super::{client::LogEntry, parties::Party};
use crate::exit::Failure;
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use alloy_sol_types::{SolCall, SolConstructor, SolEvent, SolInterface, sol};

sol! {
    interface Deposit {
        constructor(string tokenName, string tokenSymbol, address bank);
        function mint(address to, uint256 amount) external;
        function approve(address spender, uint256 amount) external returns (bool);
        function balanceOf(address account) external view returns (uint256);
    }

    struct Parties {
        address importer;
        address importerBank;
        address exporterBank;
        address exporter;
        address exportControl;
        address shippingCompany;
        address departingPort;
        address arrivingPort;
        address customs;
    }

    struct Terms {
        address token;
        uint64 expiry;
        uint256 amount;
    }

    interface Credit {
        function request(Parties parties, Terms terms, bytes32 documentHash, string documentName) external returns (uint256);
        function issue(uint256 letterId, bytes32 documentHash, string documentName) external;
        function advise(uint256 letterId, bytes32 documentHash, string documentName) external;
        function declareReady(uint256 letterId, bytes32 documentHash, string documentName) external;
        function certifyExport(uint256 letterId, bytes32 documentHash, string documentName) external;
        function issueBillOfLading(uint256 letterId, bytes32 documentHash, string documentName) external;
        function confirmDeparture(uint256 letterId, bytes32 documentHash, string documentName) external;
        function confirmArrival(uint256 letterId, bytes32 documentHash, string documentName) external;
        function clearCustoms(uint256 letterId, bytes32 documentHash, string documentName) external;
        function confirmReceipt(uint256 letterId, bytes32 documentHash, string documentName) external;
        function releasePayment(uint256 letterId, bytes32 documentHash, string documentName) external;
        function passOnFunds(uint256 letterId, bytes32 documentHash, string documentName) external;
        function stateOf(uint256 letterId) external view returns (uint8);

        event LetterRequested(uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName, Terms terms, Parties parties);
        event LetterIssued(uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName, uint256 amount);
        event LetterAdvised(uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName);
        event ShipmentReady(uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName);
        event ExportCertified(uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName);
        event BillOfLadingIssued(uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName);
        event ShipmentDeparted(uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName);
        event ShipmentArrived(uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName);
        event CustomsCleared(uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName);
        event GoodsReceived(uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName);
        event PaymentReleased(uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName, uint256 amount);
        event FundsPassedOn(uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName, uint256 amount);

        error WrongParty(uint256 letterId, uint8 expected, address account, address caller);
        error WrongState(uint256 letterId, uint8 actual, uint8 expected);
        error AlreadyPaid(uint256 letterId, uint256 amount);
        error DocumentAlreadyPresented(bytes32 documentHash, uint256 letterId, address presenter);
    }
}

/// Amount of the letter: 250,000.00 in a currency of two decimals.
pub(super) const AMOUNT: u64 = 25_000_000;

/// States of a letter, in the order of the contract's enum.
const STATES: [&str; 16] = [
    "unknown",
    "requested",
    "issued",
    "advised",
    "ready for shipment",
    "certified for export",
    "shipped on board",
    "departed",
    "arrived",
    "cleared by customs",
    "received",
    "paid",
    "settled",
    "declined",
    "refused",
    "reclaimed",
];

const DEPOSIT: &str = include_str!("../../../../../contracts/artifacts/TradeDeposit.json");
const CREDIT: &str = include_str!("../../../../../contracts/artifacts/LetterOfCredit.json");

fn bytecode(artifact: &str) -> Result<Vec<u8>, Failure> {
    let broken = || {
        Failure::other(
            "a contract built into this program can't be read; build it again from a clean checkout",
        )
    };
    let artifact: serde_json::Value = serde_json::from_str(artifact).map_err(|_| broken())?;
    let code = artifact.get("bytecode").and_then(serde_json::Value::as_str).ok_or_else(broken)?;
    hex::decode(code).map_err(|_| broken())
}

/// What deploys the deposit token of the importer's bank.
pub(super) fn deploy_deposit() -> Result<Bytes, Failure> {
    let arguments = Deposit::constructorCall {
        tokenName: "Deposit at the importer's bank".into(),
        tokenSymbol: "DEP".into(),
        bank: Party::ImporterBank.address(),
    };
    let mut code = bytecode(DEPOSIT)?;
    code.extend(arguments.abi_encode());
    Ok(code.into())
}

/// What deploys the book of letters.
pub(super) fn deploy_credit() -> Result<Bytes, Failure> {
    Ok(bytecode(CREDIT)?.into())
}

pub(super) fn mint() -> Bytes {
    Deposit::mintCall { to: Party::ImporterBank.address(), amount: U256::from(AMOUNT) }
        .abi_encode()
        .into()
}

pub(super) fn approve(spender: Address) -> Bytes {
    Deposit::approveCall { spender, amount: U256::from(AMOUNT) }.abi_encode().into()
}

pub(super) fn balance_of(party: Party) -> Bytes {
    Deposit::balanceOfCall { account: party.address() }.abi_encode().into()
}

/// A document: its name, and its hash. The play's documents are their own text.
pub(super) struct Document {
    pub(super) name: &'static str,
    pub(super) hash: B256,
}

pub(super) fn document(name: &'static str, run: u64) -> Document {
    Document { name, hash: keccak256(format!("{name} of order {run}")) }
}

pub(super) fn request(token: Address, expiry: u64, document: &Document) -> Bytes {
    let [
        importer,
        importer_bank,
        exporter_bank,
        exporter,
        control,
        shipping,
        departing,
        arriving,
        customs,
    ] = Party::ALL.map(Party::address);
    Credit::requestCall {
        parties: Parties {
            importer,
            importerBank: importer_bank,
            exporterBank: exporter_bank,
            exporter,
            exportControl: control,
            shippingCompany: shipping,
            departingPort: departing,
            arrivingPort: arriving,
            customs,
        },
        terms: Terms { token, expiry, amount: U256::from(AMOUNT) },
        documentHash: document.hash,
        documentName: document.name.into(),
    }
    .abi_encode()
    .into()
}

/// A step of the letter after its request: who does what with which document.
pub(super) struct Step {
    pub(super) party: Party,
    pub(super) action: &'static str,
    pub(super) document: &'static str,
    selector: [u8; 4],
}

macro_rules! step {
    ($party:ident, $call:ident, $document:literal, $action:literal) => {
        Step {
            party: Party::$party,
            action: $action,
            document: $document,
            selector: Credit::$call::SELECTOR,
        }
    };
}

/// The steps from issue to the payment's release. Passing the funds on comes after another approval.
pub(super) const STEPS: [Step; 10] = [
    step!(ImporterBank, issueCall, "letter of credit", "issues the letter and locks the funds"),
    step!(ExporterBank, adviseCall, "advice", "advises the exporter"),
    step!(Exporter, declareReadyCall, "commercial invoice", "has the goods ready for shipment"),
    step!(ExportControl, certifyExportCall, "export certificate", "certifies the export"),
    step!(ShippingCompany, issueBillOfLadingCall, "bill of lading", "takes the goods on board"),
    step!(DepartingPort, confirmDepartureCall, "departure record", "confirms the departure"),
    step!(ArrivingPort, confirmArrivalCall, "arrival record", "confirms the arrival"),
    step!(Customs, clearCustomsCall, "customs clearance", "clears the goods"),
    step!(Importer, confirmReceiptCall, "goods receipt", "confirms the receipt"),
    step!(ImporterBank, releasePaymentCall, "payment order", "releases the payment"),
];

/// The last step.
pub(super) const PASS_ON: Step =
    step!(ExporterBank, passOnFundsCall, "credit advice", "passes the funds on to the exporter");

/// A step out of turn, to be refused: the shipping company before the export certificate.
pub(super) const TOO_EARLY: Step = step!(
    ShippingCompany,
    issueBillOfLadingCall,
    "premature bill of lading",
    "tries to ship without the export certificate"
);

impl Step {
    /// Every step takes the letter, a document's hash and its name.
    pub(super) fn data(&self, letter: U256, document: &Document) -> Bytes {
        let arguments = Credit::issueCall {
            letterId: letter,
            documentHash: document.hash,
            documentName: document.name.into(),
        };
        let mut data = arguments.abi_encode();
        data[..4].copy_from_slice(&self.selector);
        data.into()
    }
}

/// Why the contract refused, in words.
pub(super) fn refusal(data: &[u8]) -> String {
    let state = |index: u8| STATES.get(usize::from(index)).copied().unwrap_or("unknown");
    match Credit::CreditErrors::abi_decode(data) {
        Ok(Credit::CreditErrors::WrongState(error)) => {
            format!(
                "WrongState: the letter is {}, it must be {}",
                state(error.actual),
                state(error.expected)
            )
        }
        Ok(Credit::CreditErrors::WrongParty(error)) => {
            let name = Party::of(error.account).map_or("another party", Party::name);
            format!("WrongParty: only {name} may do this")
        }
        Ok(Credit::CreditErrors::AlreadyPaid(error)) => {
            format!("AlreadyPaid: {} were paid already", error.amount)
        }
        Ok(Credit::CreditErrors::DocumentAlreadyPresented(error)) => {
            format!("DocumentAlreadyPresented: for letter {}", error.letterId)
        }
        Err(_) => format!("revert data 0x{}", hex::encode(data)),
    }
}

/// A line of the audit trail: event, party, document, its hash.
pub(super) fn trail_line(log: &LogEntry) -> Option<(&'static str, Party, String, B256)> {
    let party = Party::of(Address::from_word(*log.topics.get(2)?))?;
    let hash = *log.topics.get(3)?;
    let event = *log.topics.first()?;
    let (name, document) = match event {
        Credit::LetterRequested::SIGNATURE_HASH => {
            ("LetterRequested", Credit::LetterRequested::abi_decode_data(&log.data).ok()?.0)
        }
        Credit::LetterIssued::SIGNATURE_HASH => {
            ("LetterIssued", Credit::LetterIssued::abi_decode_data(&log.data).ok()?.0)
        }
        Credit::PaymentReleased::SIGNATURE_HASH => {
            ("PaymentReleased", Credit::PaymentReleased::abi_decode_data(&log.data).ok()?.0)
        }
        Credit::FundsPassedOn::SIGNATURE_HASH => {
            ("FundsPassedOn", Credit::FundsPassedOn::abi_decode_data(&log.data).ok()?.0)
        }
        other => {
            let (_, name) = PLAIN_EVENTS.into_iter().find(|(hash, _)| *hash == other)?;
            (name, Credit::LetterAdvised::abi_decode_data(&log.data).ok()?.0)
        }
    };
    Some((name, party, document, hash))
}

/// Events that carry a document and nothing else.
const PLAIN_EVENTS: [(B256, &str); 8] = [
    (Credit::LetterAdvised::SIGNATURE_HASH, "LetterAdvised"),
    (Credit::ShipmentReady::SIGNATURE_HASH, "ShipmentReady"),
    (Credit::ExportCertified::SIGNATURE_HASH, "ExportCertified"),
    (Credit::BillOfLadingIssued::SIGNATURE_HASH, "BillOfLadingIssued"),
    (Credit::ShipmentDeparted::SIGNATURE_HASH, "ShipmentDeparted"),
    (Credit::ShipmentArrived::SIGNATURE_HASH, "ShipmentArrived"),
    (Credit::CustomsCleared::SIGNATURE_HASH, "CustomsCleared"),
    (Credit::GoodsReceived::SIGNATURE_HASH, "GoodsReceived"),
];
