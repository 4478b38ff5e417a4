// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import { ILetterOfCredit } from "../src/ILetterOfCredit.sol";
import { LetterOfCredit } from "../src/LetterOfCredit.sol";
import { TradeDeposit } from "../src/TradeDeposit.sol";
import { vm } from "./Vm.sol";

/// @title What tests of the letter of credit start from
/// @notice Nine accounts, a token with money at the importer's bank, and the steps as a table, so that tests can ask every step
/// of every party in every state. The table is written from the rules of the trade, not taken from the contract.
abstract contract LetterFixture {
    /// @notice An ordinary step: who takes it, from where, to where.
    struct Step {
        bytes4 selector;
        ILetterOfCredit.Party party;
        ILetterOfCredit.State from;
        ILetterOfCredit.State to;
        string eventSignature;
        string document;
    }

    uint256 internal constant AMOUNT = 125_000_00;
    uint256 internal constant START = 1_800_000_000;
    uint64 internal constant EXPIRY = uint64(START + 90 days);
    uint256 internal constant LAST_STATE = uint256(ILetterOfCredit.State.Reclaimed);

    LetterOfCredit internal credit;
    TradeDeposit internal deposit;
    ILetterOfCredit.Parties internal parties;
    Step[] internal steps;

    /// @dev Makes document hashes differ.
    uint256 private _documents;

    function setUp() public virtual {
        vm.warp(START);
        parties = ILetterOfCredit.Parties({
            importer: _account("importer"),
            importerBank: _account("importer's bank"),
            exporterBank: _account("exporter's bank"),
            exporter: _account("exporter"),
            exportControl: _account("export control"),
            shippingCompany: _account("shipping company"),
            departingPort: _account("departing port"),
            arrivingPort: _account("arriving port"),
            customs: _account("customs")
        });
        credit = new LetterOfCredit();
        deposit = new TradeDeposit("Euro deposit", "dEUR", parties.importerBank);
        vm.prank(parties.importerBank);
        deposit.mint(parties.importerBank, AMOUNT * 1000);
        vm.prank(parties.importerBank);
        deposit.approve(address(credit), type(uint256).max);
        vm.prank(parties.exporterBank);
        deposit.approve(address(credit), type(uint256).max);
        _fillSteps();
    }

    // ---------------------------------------------------------- the steps

    function _fillSteps() private {
        steps.push(
            Step(
                ILetterOfCredit.issue.selector,
                ILetterOfCredit.Party.ImporterBank,
                ILetterOfCredit.State.Requested,
                ILetterOfCredit.State.Issued,
                "LetterIssued(uint256,address,bytes32,string,uint256)",
                "Letter of credit"
            )
        );
        steps.push(
            Step(
                ILetterOfCredit.advise.selector,
                ILetterOfCredit.Party.ExporterBank,
                ILetterOfCredit.State.Issued,
                ILetterOfCredit.State.Advised,
                "LetterAdvised(uint256,address,bytes32,string)",
                "Advice"
            )
        );
        steps.push(
            Step(
                ILetterOfCredit.declareReady.selector,
                ILetterOfCredit.Party.Exporter,
                ILetterOfCredit.State.Advised,
                ILetterOfCredit.State.ReadyForShipment,
                "ShipmentReady(uint256,address,bytes32,string)",
                "Invoice"
            )
        );
        steps.push(
            Step(
                ILetterOfCredit.certifyExport.selector,
                ILetterOfCredit.Party.ExportControl,
                ILetterOfCredit.State.ReadyForShipment,
                ILetterOfCredit.State.ExportCertified,
                "ExportCertified(uint256,address,bytes32,string)",
                "Export certificate"
            )
        );
        steps.push(
            Step(
                ILetterOfCredit.issueBillOfLading.selector,
                ILetterOfCredit.Party.ShippingCompany,
                ILetterOfCredit.State.ExportCertified,
                ILetterOfCredit.State.BillOfLadingIssued,
                "BillOfLadingIssued(uint256,address,bytes32,string)",
                "Bill of lading"
            )
        );
        steps.push(
            Step(
                ILetterOfCredit.confirmDeparture.selector,
                ILetterOfCredit.Party.DepartingPort,
                ILetterOfCredit.State.BillOfLadingIssued,
                ILetterOfCredit.State.Departed,
                "ShipmentDeparted(uint256,address,bytes32,string)",
                "Departure record"
            )
        );
        steps.push(
            Step(
                ILetterOfCredit.confirmArrival.selector,
                ILetterOfCredit.Party.ArrivingPort,
                ILetterOfCredit.State.Departed,
                ILetterOfCredit.State.Arrived,
                "ShipmentArrived(uint256,address,bytes32,string)",
                "Arrival record"
            )
        );
        steps.push(
            Step(
                ILetterOfCredit.clearCustoms.selector,
                ILetterOfCredit.Party.Customs,
                ILetterOfCredit.State.Arrived,
                ILetterOfCredit.State.CustomsCleared,
                "CustomsCleared(uint256,address,bytes32,string)",
                "Customs clearance"
            )
        );
        steps.push(
            Step(
                ILetterOfCredit.confirmReceipt.selector,
                ILetterOfCredit.Party.Importer,
                ILetterOfCredit.State.CustomsCleared,
                ILetterOfCredit.State.Received,
                "GoodsReceived(uint256,address,bytes32,string)",
                "Receipt"
            )
        );
        steps.push(
            Step(
                ILetterOfCredit.releasePayment.selector,
                ILetterOfCredit.Party.ImporterBank,
                ILetterOfCredit.State.Received,
                ILetterOfCredit.State.Paid,
                "PaymentReleased(uint256,address,bytes32,string,uint256)",
                "Payment order"
            )
        );
        steps.push(
            Step(
                ILetterOfCredit.passOnFunds.selector,
                ILetterOfCredit.Party.ExporterBank,
                ILetterOfCredit.State.Paid,
                ILetterOfCredit.State.Settled,
                "FundsPassedOn(uint256,address,bytes32,string,uint256)",
                "Credit advice"
            )
        );
    }

    // ---------------------------------------------------------- playing

    /// @dev Asks for a letter with the fixture's terms.
    function _request() internal returns (uint256 letterId) {
        return _request(parties, _terms());
    }

    /// @dev Asks for a letter.
    function _request(ILetterOfCredit.Parties memory who, ILetterOfCredit.Terms memory terms)
        internal
        returns (uint256 letterId)
    {
        bytes32 document = _document();
        vm.prank(who.importer);
        return credit.request(who, terms, document, "Purchase order");
    }

    /// @dev A letter of the fixture's parties in state `state`, by the shortest way.
    function _letterIn(ILetterOfCredit.State state) internal returns (uint256 letterId) {
        letterId = _request();
        if (state == ILetterOfCredit.State.Declined) {
            vm.prank(parties.importerBank);
            credit.decline(letterId, _document(), "Answer", "no credit line");
        } else if (state == ILetterOfCredit.State.Refused) {
            _bring(letterId, ILetterOfCredit.State.ReadyForShipment);
            vm.prank(parties.exportControl);
            credit.refuseExport(letterId, _document(), "Inspection report", "dual-use goods");
        } else if (state == ILetterOfCredit.State.Reclaimed) {
            _bring(letterId, ILetterOfCredit.State.ReadyForShipment);
            vm.prank(parties.exportControl);
            credit.refuseExport(letterId, _document(), "Inspection report", "dual-use goods");
            vm.prank(parties.importerBank);
            credit.reclaim(letterId, _document(), "Cancellation");
        } else {
            _bring(letterId, state);
        }
        vm.assertEq(uint256(credit.stateOf(letterId)), uint256(state), "state reached");
    }

    /// @dev Takes ordinary steps until the letter is in state `state`.
    function _bring(uint256 letterId, ILetterOfCredit.State state) internal {
        for (uint256 i = 0; i < steps.length && credit.stateOf(letterId) != state; i++) {
            if (credit.stateOf(letterId) != steps[i].from) continue;
            (bool success, bytes memory answer) = _take(letterId, steps[i]);
            vm.assertTrue(success, string.concat("step failed: ", steps[i].document, string(answer)));
        }
    }

    /// @dev Takes a step as its party, with a new document.
    function _take(uint256 letterId, Step memory step) internal returns (bool success, bytes memory answer) {
        return _take(letterId, step, _partyOf(step.party));
    }

    /// @dev Takes a step as `caller`, with a new document.
    function _take(uint256 letterId, Step memory step, address caller)
        internal
        returns (bool success, bytes memory answer)
    {
        bytes memory data = abi.encodeWithSelector(step.selector, letterId, _document(), step.document);
        vm.prank(caller);
        return address(credit).call(data);
    }

    // ---------------------------------------------------------- small things

    function _terms() internal view returns (ILetterOfCredit.Terms memory) {
        return ILetterOfCredit.Terms({ token: address(deposit), expiry: EXPIRY, amount: AMOUNT });
    }

    /// @dev `value`, brought between `min` and `max` (both possible).
    function _within(uint256 value, uint256 min, uint256 max) internal pure returns (uint256) {
        if (value >= min && value <= max) return value;
        return min + value % (max - min + 1);
    }

    /// @dev The hash of a document that nobody has seen.
    function _document() internal returns (bytes32) {
        return keccak256(abi.encode("document", ++_documents));
    }

    function _partyOf(ILetterOfCredit.Party party) internal view returns (address) {
        return _accounts(parties)[uint256(party)];
    }

    function _accounts(ILetterOfCredit.Parties memory who) internal pure returns (address[9] memory) {
        return [
            who.importer,
            who.importerBank,
            who.exporterBank,
            who.exporter,
            who.exportControl,
            who.shippingCompany,
            who.departingPort,
            who.arrivingPort,
            who.customs
        ];
    }

    function _account(string memory name) internal returns (address account) {
        account = vm.addr(uint256(keccak256(bytes(name))));
        vm.label(account, name);
    }
}
