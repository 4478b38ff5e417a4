// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title Letters of credit between nine parties
/// @notice A letter of credit is a bank's promise to pay an exporter once documents prove that the goods were shipped and let
/// in. Every letter walks one way:
///
///     Requested > Issued > Advised > ReadyForShipment > ExportCertified > BillOfLadingIssued > Departed > Arrived
///               > CustomsCleared > Received > Paid > Settled
///
/// and leaves it in three places: Declined (the bank will not issue), Refused (an inspection failed) and Reclaimed (the bank took
/// its funds back after a refusal or after the expiry).
///
/// The funds are in the contract from {issue} to {releasePayment}, {drawPayment} or {reclaim}. Nobody's silence can keep them
/// there: before customs has cleared the goods the letter can expire, which frees the importer's bank; afterwards the bank is
/// bound, and the exporter's bank may draw the payment itself when the bank has let {EXAMINATION_PERIOD} pass.
///
/// Every step presents one document: its name and the keccak256 of its bytes (the document itself stays with the parties). A
/// document is accepted once in the life of the contract, over all letters: a bill of lading that was financed under one letter
/// cannot be financed again under another. Issuers make documents distinct by number or letter, as on paper.
///
/// Every step emits one event of its own. All of them carry the letter, the acting party and the document's hash as topics and
/// begin their data with the document's name; with {LetterRequested}, which holds terms and parties, the events alone tell the
/// whole story of a letter.
///
/// Each function checks in this order, and the first failure decides the error: the letter exists, the caller is the party, the
/// state is right, the letter has not expired, the document is acceptable, the funds move.
interface ILetterOfCredit {
    // ---------------------------------------------------------------- types

    /// @notice The parts that are played in a letter; the order is that of {Parties}.
    enum Party {
        /// Buys the goods and asks for the letter (the applicant).
        Importer,
        /// Promises the payment and locks the funds (the issuing bank).
        ImporterBank,
        /// Advises the exporter and receives the payment for it (the advising and nominated bank).
        ExporterBank,
        /// Sells the goods (the beneficiary).
        Exporter,
        /// The authority that lets goods out of the exporter's country.
        ExportControl,
        /// Carries the goods and signs the bill of lading (the carrier).
        ShippingCompany,
        /// The port where the goods leave.
        DepartingPort,
        /// The port where the goods come in.
        ArrivingPort,
        /// The authority that lets goods into the importer's country.
        Customs
    }

    /// @notice Where a letter stands.
    enum State {
        /// There is no such letter.
        None,
        /// The importer asked its bank for the letter.
        Requested,
        /// The importer's bank promised the payment and locked the funds.
        Issued,
        /// The exporter knows, through its bank.
        Advised,
        /// The goods are packed and invoiced.
        ReadyForShipment,
        /// Export control let the goods out.
        ExportCertified,
        /// The carrier took the goods over.
        BillOfLadingIssued,
        /// The ship left.
        Departed,
        /// The ship came in.
        Arrived,
        /// Customs let the goods in: from here on the importer's bank must pay.
        CustomsCleared,
        /// The importer has the goods.
        Received,
        /// The exporter's bank has the funds.
        Paid,
        /// The exporter has the funds. The end.
        Settled,
        /// The importer's bank did not issue. The end.
        Declined,
        /// Export control or customs refused the goods; the funds wait for the importer's bank.
        Refused,
        /// The importer's bank has its funds back. The end.
        Reclaimed
    }

    /// @notice Who plays in a letter: nine different accounts, as nobody may certify his own doings.
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

    /// @notice What is promised.
    struct Terms {
        /// The ERC-20 token that is paid with.
        address token;
        /// The last moment, in seconds since 1970, at which customs may clear the goods under the letter.
        uint64 expiry;
        /// How much is paid, in the token's smallest unit.
        uint256 amount;
    }

    /// @notice All that the contract remembers of a letter.
    struct Letter {
        State state;
        /// When the letter came to this state, in seconds since 1970.
        uint64 since;
        Terms terms;
        Parties parties;
        /// The report of the failed inspection; zero if none failed.
        bytes32 refusal;
    }

    /// @notice Where and when a document was presented; all zero for a document that never was.
    struct Presentation {
        uint256 letterId;
        address presenter;
        /// When, in seconds since 1970.
        uint64 time;
        /// The state to which the document brought the letter.
        State state;
    }

    // --------------------------------------------------------------- events

    /// @notice Step 1: the importer asked for a letter. Document: the purchase order.
    event LetterRequested(
        uint256 indexed letterId,
        address indexed party,
        bytes32 indexed documentHash,
        string documentName,
        Terms terms,
        Parties parties
    );

    /// @notice Step 2: the importer's bank issued the letter and locked `amount`. Document: the letter of credit.
    event LetterIssued(
        uint256 indexed letterId,
        address indexed party,
        bytes32 indexed documentHash,
        string documentName,
        uint256 amount
    );

    /// @notice Step 3: the exporter's bank notified the exporter. Document: the advice.
    event LetterAdvised(
        uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName
    );

    /// @notice Step 4: the goods are ready. Document: the invoice (with packing list).
    event ShipmentReady(
        uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName
    );

    /// @notice Step 5: export control let the goods out. Document: the export certificate.
    event ExportCertified(
        uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName
    );

    /// @notice Step 6: the carrier took the goods over. Document: the bill of lading.
    event BillOfLadingIssued(
        uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName
    );

    /// @notice Step 7: the ship left. Document: the departure record.
    event ShipmentDeparted(
        uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName
    );

    /// @notice Step 8: the ship came in. Document: the arrival record.
    event ShipmentArrived(
        uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName
    );

    /// @notice Step 9: customs let the goods in. Document: the customs clearance.
    event CustomsCleared(
        uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName
    );

    /// @notice Step 10: the importer has the goods. Document: the receipt.
    event GoodsReceived(
        uint256 indexed letterId, address indexed party, bytes32 indexed documentHash, string documentName
    );

    /// @notice Step 11: the importer's bank paid `amount` to the exporter's bank. Document: the payment order.
    event PaymentReleased(
        uint256 indexed letterId,
        address indexed party,
        bytes32 indexed documentHash,
        string documentName,
        uint256 amount
    );

    /// @notice Step 11, otherwise: the exporter's bank drew the overdue `amount`. Document: the claim.
    event PaymentDrawn(
        uint256 indexed letterId,
        address indexed party,
        bytes32 indexed documentHash,
        string documentName,
        uint256 amount
    );

    /// @notice Step 12: the exporter's bank passed `amount` on to the exporter. Document: the credit advice.
    event FundsPassedOn(
        uint256 indexed letterId,
        address indexed party,
        bytes32 indexed documentHash,
        string documentName,
        uint256 amount
    );

    /// @notice The importer's bank will not issue the letter. Document: its answer.
    event LetterDeclined(
        uint256 indexed letterId,
        address indexed party,
        bytes32 indexed documentHash,
        string documentName,
        string reason
    );

    /// @notice Export control refused to let the goods out. Document: the inspection report.
    event ExportRefused(
        uint256 indexed letterId,
        address indexed party,
        bytes32 indexed documentHash,
        string documentName,
        string reason
    );

    /// @notice Customs refused to let the goods in. Document: the inspection report.
    event CustomsRefused(
        uint256 indexed letterId,
        address indexed party,
        bytes32 indexed documentHash,
        string documentName,
        string reason
    );

    /// @notice The importer's bank took `amount` back. Document: the cancellation.
    event FundsReclaimed(
        uint256 indexed letterId,
        address indexed party,
        bytes32 indexed documentHash,
        string documentName,
        uint256 amount
    );

    // --------------------------------------------------------------- errors

    /// @notice There is no letter with this number.
    error UnknownLetter(uint256 letterId);

    /// @notice This step belongs to `expected`, whose account in this letter is `account`; `caller` is another.
    error WrongParty(uint256 letterId, Party expected, address account, address caller);

    /// @notice The letter is in state `actual`; this step is possible only in `expected`.
    error WrongState(uint256 letterId, State actual, State expected);

    /// @notice `inspector` refused the goods (`report` is the hash of its report): the letter goes no further.
    error InspectionFailed(uint256 letterId, Party inspector, bytes32 report);

    /// @notice The letter expired at `expiry`; the block's time is `time`.
    error LetterExpired(uint256 letterId, uint64 expiry, uint256 time);

    /// @notice The letter is good until `expiry`: its funds cannot be reclaimed at `time`.
    error LetterNotExpired(uint256 letterId, uint64 expiry, uint256 time);

    /// @notice Customs cleared the goods in time: the importer's bank must pay and cannot reclaim.
    error PaymentDue(uint256 letterId);

    /// @notice The importer's bank has until `from` to pay; only then may the exporter's bank draw. The block's time is `time`.
    error PaymentNotOverdue(uint256 letterId, uint256 from, uint256 time);

    /// @notice `amount` was paid under this letter already.
    error AlreadyPaid(uint256 letterId, uint256 amount);

    /// @notice `amount` was passed on to the exporter already.
    error AlreadyPassedOn(uint256 letterId, uint256 amount);

    /// @notice In state `state` the contract holds no funds for the letter.
    error NothingToReclaim(uint256 letterId, State state);

    /// @notice The document was presented by `presenter` under letter `letterId`.
    error DocumentAlreadyPresented(bytes32 documentHash, uint256 letterId, address presenter);

    /// @notice A step needs a document; the hash is zero.
    error DocumentMissing();

    /// @notice A text (name or reason) has `length` bytes; 1 to `limit` are possible.
    error TextLength(uint256 length, uint256 limit);

    /// @notice No account is given for `party`.
    error PartyMissing(Party party);

    /// @notice `account` is given twice, for `first` and `second`.
    error PartyTwice(Party first, Party second, address account);

    /// @notice A letter over nothing.
    error AmountZero();

    /// @notice There is no contract at `token`.
    error NotAToken(address token);

    /// @notice The letter would have expired before it was asked for: the block's time is `time`.
    error ExpiryInPast(uint64 expiry, uint256 time);

    /// @notice Locking `expected` of the token brought `received` (the token takes a fee, or lies).
    error FundsNotReceived(address token, uint256 expected, uint256 received);

    // ---------------------------------------------------------------- steps

    /// @notice Step 1: asks for a letter; it gets the next number, starting with 1.
    /// Called by the account named as importer. State: none to Requested. Emits {LetterRequested}.
    /// Reverts with {WrongParty} (with the number that the letter would have had), {PartyMissing}, {PartyTwice}, {AmountZero},
    /// {NotAToken}, {ExpiryInPast}, {DocumentMissing}, {TextLength}, {DocumentAlreadyPresented}.
    /// @param parties the nine accounts
    /// @param terms token, expiry and amount
    /// @param documentHash keccak256 of the purchase order
    /// @param documentName what to call it, at most 64 bytes
    /// @return letterId the number of the letter
    function request(Parties calldata parties, Terms calldata terms, bytes32 documentHash, string calldata documentName)
        external
        returns (uint256 letterId);

    /// @notice Step 2: issues the letter and locks its amount, which the bank has allowed this contract to take.
    /// Called by the importer's bank. State: Requested to Issued. Emits {LetterIssued}.
    /// Reverts with {UnknownLetter}, {WrongParty}, {WrongState}, {LetterExpired}, the document errors, the token's own error and
    /// {FundsNotReceived}.
    function issue(uint256 letterId, bytes32 documentHash, string calldata documentName) external;

    /// @notice Instead of step 2: will not issue.
    /// Called by the importer's bank. State: Requested to Declined. Emits {LetterDeclined}.
    /// Reverts with {UnknownLetter}, {WrongParty}, {WrongState}, the document errors.
    /// @param reason why, for people, at most 256 bytes
    function decline(uint256 letterId, bytes32 documentHash, string calldata documentName, string calldata reason)
        external;

    /// @notice Step 3: notifies the exporter of the letter.
    /// Called by the exporter's bank. State: Issued to Advised. Emits {LetterAdvised}.
    /// Reverts with {UnknownLetter}, {WrongParty}, {WrongState}, {LetterExpired}, the document errors.
    function advise(uint256 letterId, bytes32 documentHash, string calldata documentName) external;

    /// @notice Step 4: the goods are ready for shipment.
    /// Called by the exporter. State: Advised to ReadyForShipment. Emits {ShipmentReady}.
    /// Reverts as {advise}.
    function declareReady(uint256 letterId, bytes32 documentHash, string calldata documentName) external;

    /// @notice Step 5: lets the goods out of the country.
    /// Called by export control. State: ReadyForShipment to ExportCertified. Emits {ExportCertified}.
    /// Reverts as {advise}.
    function certifyExport(uint256 letterId, bytes32 documentHash, string calldata documentName) external;

    /// @notice Instead of step 5: the inspection failed.
    /// Called by export control. State: ReadyForShipment to Refused. Emits {ExportRefused}.
    /// Reverts as {advise}.
    /// @param reason why, for people, at most 256 bytes
    function refuseExport(uint256 letterId, bytes32 documentHash, string calldata documentName, string calldata reason)
        external;

    /// @notice Step 6: the carrier has the goods and signs for them.
    /// Called by the shipping company. State: ExportCertified to BillOfLadingIssued. Emits {BillOfLadingIssued}.
    /// Reverts as {advise}, and with {InspectionFailed} when export control refused the goods.
    function issueBillOfLading(uint256 letterId, bytes32 documentHash, string calldata documentName) external;

    /// @notice Step 7: the ship left.
    /// Called by the departing port. State: BillOfLadingIssued to Departed. Emits {ShipmentDeparted}.
    /// Reverts as {issueBillOfLading}.
    function confirmDeparture(uint256 letterId, bytes32 documentHash, string calldata documentName) external;

    /// @notice Step 8: the ship came in.
    /// Called by the arriving port. State: Departed to Arrived. Emits {ShipmentArrived}.
    /// Reverts as {issueBillOfLading}.
    function confirmArrival(uint256 letterId, bytes32 documentHash, string calldata documentName) external;

    /// @notice Step 9: lets the goods into the country. From here on the importer's bank must pay.
    /// Called by customs. State: Arrived to CustomsCleared. Emits {CustomsCleared}.
    /// Reverts as {issueBillOfLading}.
    function clearCustoms(uint256 letterId, bytes32 documentHash, string calldata documentName) external;

    /// @notice Instead of step 9: the inspection failed.
    /// Called by customs. State: Arrived to Refused. Emits {CustomsRefused}.
    /// Reverts as {issueBillOfLading}.
    /// @param reason why, for people, at most 256 bytes
    function refuseCustoms(uint256 letterId, bytes32 documentHash, string calldata documentName, string calldata reason)
        external;

    /// @notice Step 10: the goods are here.
    /// Called by the importer. State: CustomsCleared to Received. Emits {GoodsReceived}.
    /// Reverts with {UnknownLetter}, {WrongParty}, {InspectionFailed}, {WrongState}, the document errors.
    function confirmReceipt(uint256 letterId, bytes32 documentHash, string calldata documentName) external;

    /// @notice Step 11: pays the exporter's bank out of the locked funds.
    /// Called by the importer's bank. State: Received to Paid. Emits {PaymentReleased}.
    /// Reverts with {UnknownLetter}, {WrongParty}, {AlreadyPaid}, {InspectionFailed}, {WrongState}, the document errors.
    function releasePayment(uint256 letterId, bytes32 documentHash, string calldata documentName) external;

    /// @notice Instead of steps 10 and 11, when importer or importer's bank keep silent: takes the payment that is overdue.
    /// Called by the exporter's bank, later than {EXAMINATION_PERIOD} after the letter came to its state.
    /// State: CustomsCleared or Received to Paid. Emits {PaymentDrawn}.
    /// Reverts with {UnknownLetter}, {WrongParty}, {AlreadyPaid}, {InspectionFailed}, {WrongState}, {PaymentNotOverdue}, the
    /// document errors.
    function drawPayment(uint256 letterId, bytes32 documentHash, string calldata documentName) external;

    /// @notice Step 12: passes the amount on to the exporter, from the bank's own balance, which the bank has allowed this
    /// contract to move.
    /// Called by the exporter's bank. State: Paid to Settled. Emits {FundsPassedOn}.
    /// Reverts with {UnknownLetter}, {WrongParty}, {AlreadyPassedOn}, {InspectionFailed}, {WrongState}, the document errors and
    /// the token's own error.
    function passOnFunds(uint256 letterId, bytes32 documentHash, string calldata documentName) external;

    /// @notice Takes the locked funds back.
    /// Called by the importer's bank, when an inspection failed, or after the expiry if customs has not cleared the goods.
    /// State: Refused, or Issued to Arrived; to Reclaimed. Emits {FundsReclaimed}.
    /// Reverts with {UnknownLetter}, {WrongParty}, {AlreadyPaid}, {PaymentDue}, {NothingToReclaim}, {LetterNotExpired}, the
    /// document errors.
    function reclaim(uint256 letterId, bytes32 documentHash, string calldata documentName) external;

    // ---------------------------------------------------------------- views

    /// @notice How long the importer's bank may take over a payment before the exporter's bank may draw it, in seconds: the five
    /// banking days of UCP 600, article 14 b, as a week.
    function EXAMINATION_PERIOD() external view returns (uint64);

    /// @notice How many letters there are: they are numbered from 1 to this.
    function letterCount() external view returns (uint256);

    /// @notice All about a letter. Reverts with {UnknownLetter}.
    function letter(uint256 letterId) external view returns (Letter memory);

    /// @notice Where a letter stands; State.None for one that is not there.
    function stateOf(uint256 letterId) external view returns (State);

    /// @notice What the contract holds for a letter, in the token's smallest unit; 0 for one that is not there.
    function heldFor(uint256 letterId) external view returns (uint256);

    /// @notice When and where a document was presented, by its keccak256; all zero if it never was.
    function presentation(bytes32 documentHash) external view returns (Presentation memory);
}
