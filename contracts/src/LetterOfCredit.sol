// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import { IERC20 } from "./IERC20.sol";
import { ILetterOfCredit } from "./ILetterOfCredit.sol";
import { TokenTransfer } from "./TokenTransfer.sol";

/// @title The book of letters of credit
/// @notice One contract for any number of letters; what it does is told at {ILetterOfCredit}. It has no owner and cannot be
/// changed: what nine parties rely on, nobody may alter alone.
/// @dev Tokens are called last, after all state is written, and only with money of the caller or of the letter at hand. A token
/// that calls back finds the step done; one that lies harms only the letters whose bank chose to issue in it.
contract LetterOfCredit is ILetterOfCredit {
    using TokenTransfer for address;

    /// @inheritdoc ILetterOfCredit
    uint64 public constant override EXAMINATION_PERIOD = 7 days;

    /// @dev How many bytes the name of a document may have.
    uint256 private constant NAME_LIMIT = 64;

    /// @dev How many bytes the reason of a refusal may have.
    uint256 private constant REASON_LIMIT = 256;

    /// @inheritdoc ILetterOfCredit
    uint256 public override letterCount;

    mapping(uint256 letterId => Letter) private _letters;
    mapping(bytes32 documentHash => Presentation) private _presentations;

    // ---------------------------------------------------------------- steps

    /// @inheritdoc ILetterOfCredit
    function request(Parties calldata parties, Terms calldata terms, bytes32 documentHash, string calldata documentName)
        external
        override
        returns (uint256 letterId)
    {
        letterId = letterCount + 1;
        if (msg.sender != parties.importer) {
            revert WrongParty(letterId, Party.Importer, parties.importer, msg.sender);
        }
        _checkParties(parties);
        _checkTerms(terms);

        letterCount = letterId;
        _letters[letterId].terms = terms;
        _letters[letterId].parties = parties;
        _advance(letterId, State.Requested, documentHash, documentName);
        emit LetterRequested(letterId, msg.sender, documentHash, documentName, terms, parties);
    }

    /// @inheritdoc ILetterOfCredit
    function issue(uint256 letterId, bytes32 documentHash, string calldata documentName) external override {
        Terms storage terms =
        _step(letterId, Party.ImporterBank, State.Requested, State.Issued, documentHash, documentName).terms;
        uint256 amount = terms.amount;
        emit LetterIssued(letterId, msg.sender, documentHash, documentName, amount);
        _lock(terms.token, amount);
    }

    /// @inheritdoc ILetterOfCredit
    function decline(uint256 letterId, bytes32 documentHash, string calldata documentName, string calldata reason)
        external
        override
    {
        _checkState(letterId, _letterFor(letterId, Party.ImporterBank), State.Requested);
        _advance(letterId, State.Declined, documentHash, documentName);
        _checkText(reason, REASON_LIMIT);
        emit LetterDeclined(letterId, msg.sender, documentHash, documentName, reason);
    }

    /// @inheritdoc ILetterOfCredit
    function advise(uint256 letterId, bytes32 documentHash, string calldata documentName) external override {
        _step(letterId, Party.ExporterBank, State.Issued, State.Advised, documentHash, documentName);
        emit LetterAdvised(letterId, msg.sender, documentHash, documentName);
    }

    /// @inheritdoc ILetterOfCredit
    function declareReady(uint256 letterId, bytes32 documentHash, string calldata documentName) external override {
        _step(letterId, Party.Exporter, State.Advised, State.ReadyForShipment, documentHash, documentName);
        emit ShipmentReady(letterId, msg.sender, documentHash, documentName);
    }

    /// @inheritdoc ILetterOfCredit
    function certifyExport(uint256 letterId, bytes32 documentHash, string calldata documentName) external override {
        _step(letterId, Party.ExportControl, State.ReadyForShipment, State.ExportCertified, documentHash, documentName);
        emit ExportCertified(letterId, msg.sender, documentHash, documentName);
    }

    /// @inheritdoc ILetterOfCredit
    function refuseExport(uint256 letterId, bytes32 documentHash, string calldata documentName, string calldata reason)
        external
        override
    {
        _refuse(letterId, Party.ExportControl, State.ReadyForShipment, documentHash, documentName, reason);
        emit ExportRefused(letterId, msg.sender, documentHash, documentName, reason);
    }

    /// @inheritdoc ILetterOfCredit
    function issueBillOfLading(uint256 letterId, bytes32 documentHash, string calldata documentName) external override {
        _step(
            letterId, Party.ShippingCompany, State.ExportCertified, State.BillOfLadingIssued, documentHash, documentName
        );
        emit BillOfLadingIssued(letterId, msg.sender, documentHash, documentName);
    }

    /// @inheritdoc ILetterOfCredit
    function confirmDeparture(uint256 letterId, bytes32 documentHash, string calldata documentName) external override {
        _step(letterId, Party.DepartingPort, State.BillOfLadingIssued, State.Departed, documentHash, documentName);
        emit ShipmentDeparted(letterId, msg.sender, documentHash, documentName);
    }

    /// @inheritdoc ILetterOfCredit
    function confirmArrival(uint256 letterId, bytes32 documentHash, string calldata documentName) external override {
        _step(letterId, Party.ArrivingPort, State.Departed, State.Arrived, documentHash, documentName);
        emit ShipmentArrived(letterId, msg.sender, documentHash, documentName);
    }

    /// @inheritdoc ILetterOfCredit
    function clearCustoms(uint256 letterId, bytes32 documentHash, string calldata documentName) external override {
        _step(letterId, Party.Customs, State.Arrived, State.CustomsCleared, documentHash, documentName);
        emit CustomsCleared(letterId, msg.sender, documentHash, documentName);
    }

    /// @inheritdoc ILetterOfCredit
    function refuseCustoms(uint256 letterId, bytes32 documentHash, string calldata documentName, string calldata reason)
        external
        override
    {
        _refuse(letterId, Party.Customs, State.Arrived, documentHash, documentName, reason);
        emit CustomsRefused(letterId, msg.sender, documentHash, documentName, reason);
    }

    /// @inheritdoc ILetterOfCredit
    function confirmReceipt(uint256 letterId, bytes32 documentHash, string calldata documentName) external override {
        _step(letterId, Party.Importer, State.CustomsCleared, State.Received, documentHash, documentName);
        emit GoodsReceived(letterId, msg.sender, documentHash, documentName);
    }

    /// @inheritdoc ILetterOfCredit
    function releasePayment(uint256 letterId, bytes32 documentHash, string calldata documentName) external override {
        Letter storage found = _letterFor(letterId, Party.ImporterBank);
        _checkUnpaid(letterId, found);
        _checkState(letterId, found, State.Received);
        _advance(letterId, State.Paid, documentHash, documentName);
        uint256 amount = found.terms.amount;
        emit PaymentReleased(letterId, msg.sender, documentHash, documentName, amount);
        found.terms.token.push(found.parties.exporterBank, amount);
    }

    /// @inheritdoc ILetterOfCredit
    function drawPayment(uint256 letterId, bytes32 documentHash, string calldata documentName) external override {
        Letter storage found = _letterFor(letterId, Party.ExporterBank);
        _checkUnpaid(letterId, found);
        if (found.state != State.CustomsCleared) _checkState(letterId, found, State.Received);
        uint256 deadline = uint256(found.since) + EXAMINATION_PERIOD;
        if (block.timestamp <= deadline) revert PaymentNotOverdue(letterId, deadline, block.timestamp);
        _advance(letterId, State.Paid, documentHash, documentName);
        uint256 amount = found.terms.amount;
        emit PaymentDrawn(letterId, msg.sender, documentHash, documentName, amount);
        found.terms.token.push(msg.sender, amount);
    }

    /// @inheritdoc ILetterOfCredit
    function passOnFunds(uint256 letterId, bytes32 documentHash, string calldata documentName) external override {
        Letter storage found = _letterFor(letterId, Party.ExporterBank);
        uint256 amount = found.terms.amount;
        if (found.state == State.Settled) revert AlreadyPassedOn(letterId, amount);
        _checkState(letterId, found, State.Paid);
        _advance(letterId, State.Settled, documentHash, documentName);
        emit FundsPassedOn(letterId, msg.sender, documentHash, documentName, amount);
        found.terms.token.move(msg.sender, found.parties.exporter, amount);
    }

    /// @inheritdoc ILetterOfCredit
    function reclaim(uint256 letterId, bytes32 documentHash, string calldata documentName) external override {
        Letter storage found = _letterFor(letterId, Party.ImporterBank);
        _checkUnpaid(letterId, found);
        State state = found.state;
        if (!_holdsFunds(state)) revert NothingToReclaim(letterId, state);
        if (state == State.CustomsCleared || state == State.Received) revert PaymentDue(letterId);
        if (state != State.Refused && block.timestamp <= found.terms.expiry) {
            revert LetterNotExpired(letterId, found.terms.expiry, block.timestamp);
        }
        _advance(letterId, State.Reclaimed, documentHash, documentName);
        uint256 amount = found.terms.amount;
        emit FundsReclaimed(letterId, msg.sender, documentHash, documentName, amount);
        found.terms.token.push(msg.sender, amount);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ILetterOfCredit
    function letter(uint256 letterId) external view override returns (Letter memory) {
        return _existing(letterId);
    }

    /// @inheritdoc ILetterOfCredit
    function stateOf(uint256 letterId) external view override returns (State) {
        return _letters[letterId].state;
    }

    /// @inheritdoc ILetterOfCredit
    function heldFor(uint256 letterId) external view override returns (uint256) {
        Letter storage found = _letters[letterId];
        return _holdsFunds(found.state) ? found.terms.amount : 0;
    }

    /// @inheritdoc ILetterOfCredit
    function presentation(bytes32 documentHash) external view override returns (Presentation memory) {
        return _presentations[documentHash];
    }

    // ------------------------------------------------------- how steps work

    /// @dev An ordinary step: checks the caller, the state and the expiry, then goes on to `to`.
    function _step(
        uint256 letterId,
        Party party,
        State from,
        State to,
        bytes32 documentHash,
        string calldata documentName
    ) private returns (Letter storage found) {
        found = _letterFor(letterId, party);
        _checkState(letterId, found, from);
        _checkExpiry(letterId, found);
        _advance(letterId, to, documentHash, documentName);
    }

    /// @dev A failed inspection: as an ordinary step, and remembers the report.
    function _refuse(
        uint256 letterId,
        Party inspector,
        State from,
        bytes32 documentHash,
        string calldata documentName,
        string calldata reason
    ) private {
        _step(letterId, inspector, from, State.Refused, documentHash, documentName).refusal = documentHash;
        _checkText(reason, REASON_LIMIT);
    }

    /// @dev Registers the document that brings the letter to state `to`, and brings it there.
    function _advance(uint256 letterId, State to, bytes32 documentHash, string calldata documentName) private {
        if (documentHash == bytes32(0)) revert DocumentMissing();
        _checkText(documentName, NAME_LIMIT);
        Presentation storage known = _presentations[documentHash];
        if (known.presenter != address(0)) {
            revert DocumentAlreadyPresented(documentHash, known.letterId, known.presenter);
        }
        uint64 time = uint64(block.timestamp);
        _presentations[documentHash] =
            Presentation({ letterId: letterId, presenter: msg.sender, time: time, state: to });
        _letters[letterId].state = to;
        _letters[letterId].since = time;
    }

    /// @dev Takes `amount` from the caller. The contract keeps the funds of many letters together, so a token that takes a fee
    /// on the way would let one letter be paid with another's money: it is refused.
    function _lock(address token, uint256 amount) private {
        uint256 before = IERC20(token).balanceOf(address(this));
        token.move(msg.sender, address(this), amount);
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        if (received != amount) revert FundsNotReceived(token, amount, received);
    }

    // --------------------------------------------------------------- checks

    /// @dev The letter, which must be there.
    function _existing(uint256 letterId) private view returns (Letter storage found) {
        found = _letters[letterId];
        if (found.state == State.None) revert UnknownLetter(letterId);
    }

    /// @dev The letter, in which the caller must be `party`.
    function _letterFor(uint256 letterId, Party party) private view returns (Letter storage found) {
        found = _existing(letterId);
        Parties storage parties = found.parties;
        address account;
        // Parties are nine addresses, one a slot, in the order of the enum.
        assembly ("memory-safe") {
            account := sload(add(parties.slot, party))
        }
        if (msg.sender != account) revert WrongParty(letterId, party, account, msg.sender);
    }

    /// @dev The letter must be in state `expected`; says so when an inspection is what stopped it.
    function _checkState(uint256 letterId, Letter storage found, State expected) private view {
        State state = found.state;
        if (state == expected) return;
        if (state == State.Refused) {
            bytes32 report = found.refusal;
            Party inspector =
                _presentations[report].presenter == found.parties.customs ? Party.Customs : Party.ExportControl;
            revert InspectionFailed(letterId, inspector, report);
        }
        revert WrongState(letterId, state, expected);
    }

    /// @dev The letter must not have been paid.
    function _checkUnpaid(uint256 letterId, Letter storage found) private view {
        State state = found.state;
        if (state == State.Paid || state == State.Settled) revert AlreadyPaid(letterId, found.terms.amount);
    }

    /// @dev The letter must not have expired, as long as it can: customs' clearance ends that.
    function _checkExpiry(uint256 letterId, Letter storage found) private view {
        uint64 expiry = found.terms.expiry;
        if (found.state < State.CustomsCleared && block.timestamp > expiry) {
            revert LetterExpired(letterId, expiry, block.timestamp);
        }
    }

    /// @dev Nine accounts, none of them zero, all of them different.
    function _checkParties(Parties calldata parties) private pure {
        address[9] memory accounts = abi.decode(abi.encode(parties), (address[9]));
        for (uint256 i = 0; i < accounts.length; i++) {
            if (accounts[i] == address(0)) revert PartyMissing(Party(i));
            for (uint256 j = 0; j < i; j++) {
                if (accounts[i] == accounts[j]) revert PartyTwice(Party(j), Party(i), accounts[i]);
            }
        }
    }

    /// @dev Something to pay, something to pay it with, and time to earn it.
    function _checkTerms(Terms calldata terms) private view {
        if (terms.amount == 0) revert AmountZero();
        if (terms.token.code.length == 0) revert NotAToken(terms.token);
        if (terms.expiry <= block.timestamp) revert ExpiryInPast(terms.expiry, block.timestamp);
    }

    /// @dev 1 to `limit` bytes.
    function _checkText(string calldata text, uint256 limit) private pure {
        uint256 length = bytes(text).length;
        if (length == 0 || length > limit) revert TextLength(length, limit);
    }

    /// @dev Whether a letter in this state has its funds in the contract.
    function _holdsFunds(State state) private pure returns (bool) {
        return (state >= State.Issued && state <= State.Received) || state == State.Refused;
    }
}
