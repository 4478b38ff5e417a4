// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import { ERC20 } from "../src/ERC20.sol";
import { ILetterOfCredit } from "../src/ILetterOfCredit.sol";
import { LetterFixture } from "./LetterFixture.sol";
import { vm } from "./Vm.sol";

/// @notice What is refused, and with which error: who, when, with which document, and on which terms.
contract RefusalsTest is LetterFixture {
    // ------------------------------------------------ wrong party, wrong state

    /// @notice Every ordinary step, by each of the eight parties whose step it is not and by a stranger.
    function test_StepsBelongToOneParty() public {
        for (uint256 i = 0; i < steps.length; i++) {
            uint256 letterId = _letterIn(steps[i].from);
            for (uint256 who = 0; who <= 9; who++) {
                if (who == uint256(steps[i].party)) continue;
                address caller = who == 9 ? _account("stranger") : _partyOf(ILetterOfCredit.Party(who));
                (bool success, bytes memory answer) = _take(letterId, steps[i], caller);
                vm.assertTrue(!success, steps[i].document);
                vm.assertEq(answer, _wrongParty(letterId, steps[i].party, caller), steps[i].document);
            }
            vm.assertEq(uint256(credit.stateOf(letterId)), uint256(steps[i].from), "nothing changed");
        }
    }

    /// @notice The steps that are not ordinary, by each wrong party.
    function test_OtherStepsBelongToOnePartyToo() public {
        uint256 requested = _letterIn(ILetterOfCredit.State.Requested);
        uint256 ready = _letterIn(ILetterOfCredit.State.ReadyForShipment);
        uint256 arrived = _letterIn(ILetterOfCredit.State.Arrived);
        uint256 received = _letterIn(ILetterOfCredit.State.Received);
        uint256 refused = _letterIn(ILetterOfCredit.State.Refused);
        bytes32 document = _document();
        for (uint256 who = 0; who <= 9; who++) {
            address caller = who == 9 ? _account("stranger") : _partyOf(ILetterOfCredit.Party(who));
            if (who != uint256(ILetterOfCredit.Party.ImporterBank)) {
                vm.prank(caller);
                vm.expectRevert(_wrongParty(requested, ILetterOfCredit.Party.ImporterBank, caller));
                credit.decline(requested, document, "Answer", "no");
                vm.prank(caller);
                vm.expectRevert(_wrongParty(refused, ILetterOfCredit.Party.ImporterBank, caller));
                credit.reclaim(refused, document, "Cancellation");
            }
            if (who != uint256(ILetterOfCredit.Party.ExportControl)) {
                vm.prank(caller);
                vm.expectRevert(_wrongParty(ready, ILetterOfCredit.Party.ExportControl, caller));
                credit.refuseExport(ready, document, "Report", "no");
            }
            if (who != uint256(ILetterOfCredit.Party.Customs)) {
                vm.prank(caller);
                vm.expectRevert(_wrongParty(arrived, ILetterOfCredit.Party.Customs, caller));
                credit.refuseCustoms(arrived, document, "Report", "no");
            }
            if (who != uint256(ILetterOfCredit.Party.ExporterBank)) {
                vm.prank(caller);
                vm.expectRevert(_wrongParty(received, ILetterOfCredit.Party.ExporterBank, caller));
                credit.drawPayment(received, document, "Claim");
            }
        }
    }

    /// @notice Every ordinary step in every state that is not its own.
    function test_StepsBelongToOneState() public {
        for (uint256 s = uint256(ILetterOfCredit.State.Requested); s <= LAST_STATE; s++) {
            ILetterOfCredit.State state = ILetterOfCredit.State(s);
            uint256 letterId = _letterIn(state);
            bytes32 report = credit.letter(letterId).refusal;
            for (uint256 i = 0; i < steps.length; i++) {
                if (steps[i].from == state) continue;
                (bool success, bytes memory answer) = _take(letterId, steps[i]);
                vm.assertTrue(!success, steps[i].document);
                vm.assertEq(answer, _wrongState(letterId, state, steps[i], report), steps[i].document);
            }
            vm.assertEq(uint256(credit.stateOf(letterId)), s, "nothing changed");
        }
    }

    /// @dev What a step answers in a state that is not its own.
    function _wrongState(uint256 letterId, ILetterOfCredit.State state, Step memory step, bytes32 report)
        private
        pure
        returns (bytes memory)
    {
        bool paid = state == ILetterOfCredit.State.Paid || state == ILetterOfCredit.State.Settled;
        if (step.selector == ILetterOfCredit.releasePayment.selector && paid) {
            return abi.encodeWithSelector(ILetterOfCredit.AlreadyPaid.selector, letterId, AMOUNT);
        }
        if (step.selector == ILetterOfCredit.passOnFunds.selector && state == ILetterOfCredit.State.Settled) {
            return abi.encodeWithSelector(ILetterOfCredit.AlreadyPassedOn.selector, letterId, AMOUNT);
        }
        if (state == ILetterOfCredit.State.Refused) {
            return abi.encodeWithSelector(
                ILetterOfCredit.InspectionFailed.selector, letterId, ILetterOfCredit.Party.ExportControl, report
            );
        }
        return abi.encodeWithSelector(ILetterOfCredit.WrongState.selector, letterId, state, step.from);
    }

    function test_UnknownLetters() public {
        _request();
        for (uint256 i = 0; i < steps.length; i++) {
            for (uint256 letterId = 0; letterId <= 2; letterId += 2) {
                (bool success, bytes memory answer) = _take(letterId, steps[i]);
                vm.assertTrue(!success, steps[i].document);
                vm.assertEq(
                    answer, abi.encodeWithSelector(ILetterOfCredit.UnknownLetter.selector, letterId), steps[i].document
                );
            }
        }
        vm.expectRevert(abi.encodeWithSelector(ILetterOfCredit.UnknownLetter.selector, 2));
        credit.letter(2);
        vm.assertEq(uint256(credit.stateOf(2)), uint256(ILetterOfCredit.State.None), "state of none");
        vm.assertEq(credit.heldFor(2), 0, "held for none");
    }

    // ------------------------------------------------ inspections

    function test_ExportControlRefuses() public {
        uint256 letterId = _letterIn(ILetterOfCredit.State.ReadyForShipment);
        bytes32 report = _document();
        vm.prank(parties.exportControl);
        credit.refuseExport(letterId, report, "Inspection report", "dual-use goods");
        _assertRefused(letterId, ILetterOfCredit.Party.ExportControl, report);
    }

    function test_CustomsRefuses() public {
        uint256 letterId = _letterIn(ILetterOfCredit.State.Arrived);
        bytes32 report = _document();
        vm.prank(parties.customs);
        credit.refuseCustoms(letterId, report, "Inspection report", "pests in the load");
        _assertRefused(letterId, ILetterOfCredit.Party.Customs, report);
    }

    /// @dev After a refusal nothing goes on, nothing is paid, and the bank has its funds back at once.
    function _assertRefused(uint256 letterId, ILetterOfCredit.Party inspector, bytes32 report) private {
        vm.assertEq(credit.letter(letterId).refusal, report, "report");
        vm.assertEq(credit.heldFor(letterId), AMOUNT, "still held");
        bytes memory failed =
            abi.encodeWithSelector(ILetterOfCredit.InspectionFailed.selector, letterId, inspector, report);
        for (uint256 i = 0; i < steps.length; i++) {
            (, bytes memory answer) = _take(letterId, steps[i]);
            vm.assertEq(answer, failed, steps[i].document);
        }
        bytes32 document = _document();
        vm.warp(EXPIRY + 30 days);
        vm.prank(parties.exporterBank);
        vm.expectRevert(failed);
        credit.drawPayment(letterId, document, "Claim");

        uint256 before = deposit.balanceOf(parties.importerBank);
        vm.prank(parties.importerBank);
        credit.reclaim(letterId, document, "Cancellation");
        vm.assertEq(deposit.balanceOf(parties.importerBank), before + AMOUNT, "reclaimed");
        vm.assertEq(credit.heldFor(letterId), 0, "held no more");

        bytes32 another = _document();
        vm.prank(parties.importerBank);
        vm.expectRevert(
            abi.encodeWithSelector(ILetterOfCredit.NothingToReclaim.selector, letterId, ILetterOfCredit.State.Reclaimed)
        );
        credit.reclaim(letterId, another, "Cancellation");
    }

    function test_TheBankDeclines() public {
        uint256 letterId = _request();
        bytes32 document = _document();
        vm.prank(parties.importerBank);
        credit.decline(letterId, document, "Answer", "no credit line");
        vm.assertEq(uint256(credit.stateOf(letterId)), uint256(ILetterOfCredit.State.Declined), "state");

        bytes32 another = _document();
        vm.prank(parties.importerBank);
        vm.expectRevert(
            abi.encodeWithSelector(ILetterOfCredit.NothingToReclaim.selector, letterId, ILetterOfCredit.State.Declined)
        );
        credit.reclaim(letterId, another, "Cancellation");
    }

    function test_AnIssuedLetterCannotBeDeclined() public {
        uint256 letterId = _letterIn(ILetterOfCredit.State.Issued);
        bytes32 document = _document();
        vm.prank(parties.importerBank);
        vm.expectRevert(
            abi.encodeWithSelector(
                ILetterOfCredit.WrongState.selector,
                letterId,
                ILetterOfCredit.State.Issued,
                ILetterOfCredit.State.Requested
            )
        );
        credit.decline(letterId, document, "Answer", "too late");
    }

    function test_ReasonsHaveOneTo256Bytes() public {
        uint256 letterId = _letterIn(ILetterOfCredit.State.ReadyForShipment);
        bytes32 document = _document();
        vm.prank(parties.exportControl);
        vm.expectRevert(abi.encodeWithSelector(ILetterOfCredit.TextLength.selector, 0, 256));
        credit.refuseExport(letterId, document, "Report", "");
        vm.prank(parties.exportControl);
        vm.expectRevert(abi.encodeWithSelector(ILetterOfCredit.TextLength.selector, 257, 256));
        credit.refuseExport(letterId, document, "Report", string(new bytes(257)));
        vm.prank(parties.exportControl);
        credit.refuseExport(letterId, document, "Report", string(new bytes(256)));
    }

    // ------------------------------------------------ documents

    function test_ADocumentIsAcceptedOnce() public {
        uint256 letterId = _letterIn(ILetterOfCredit.State.ExportCertified);
        bytes32 billOfLading = _document();
        vm.prank(parties.shippingCompany);
        credit.issueBillOfLading(letterId, billOfLading, "Bill of lading");
        bytes memory presented = abi.encodeWithSelector(
            ILetterOfCredit.DocumentAlreadyPresented.selector, billOfLading, letterId, parties.shippingCompany
        );

        // Again under the same letter, by another party.
        vm.prank(parties.departingPort);
        vm.expectRevert(presented);
        credit.confirmDeparture(letterId, billOfLading, "Departure record");

        // Again under another letter: double financing.
        uint256 other = _letterIn(ILetterOfCredit.State.ExportCertified);
        vm.prank(parties.shippingCompany);
        vm.expectRevert(presented);
        credit.issueBillOfLading(other, billOfLading, "Bill of lading");

        // Again in a request.
        vm.prank(parties.importer);
        vm.expectRevert(presented);
        credit.request(parties, _terms(), billOfLading, "Purchase order");
    }

    function test_EveryStepNeedsADocument() public {
        for (uint256 i = 0; i < steps.length; i++) {
            uint256 letterId = _letterIn(steps[i].from);
            vm.prank(_partyOf(steps[i].party));
            (bool success, bytes memory answer) =
                address(credit).call(abi.encodeWithSelector(steps[i].selector, letterId, bytes32(0), "Name"));
            vm.assertTrue(!success, steps[i].document);
            vm.assertEq(answer, abi.encodeWithSelector(ILetterOfCredit.DocumentMissing.selector), steps[i].document);
        }
    }

    function test_NamesHaveOneTo64Bytes() public {
        uint256 letterId = _letterIn(ILetterOfCredit.State.Issued);
        bytes32 document = _document();
        vm.prank(parties.exporterBank);
        vm.expectRevert(abi.encodeWithSelector(ILetterOfCredit.TextLength.selector, 0, 64));
        credit.advise(letterId, document, "");
        vm.prank(parties.exporterBank);
        vm.expectRevert(abi.encodeWithSelector(ILetterOfCredit.TextLength.selector, 65, 64));
        credit.advise(letterId, document, string(new bytes(65)));
        vm.prank(parties.exporterBank);
        credit.advise(letterId, document, string(new bytes(64)));
    }

    // ------------------------------------------------ requests

    function test_OnlyTheImporterRequests() public {
        bytes32 document = _document();
        vm.prank(parties.exporter);
        vm.expectRevert(
            abi.encodeWithSelector(
                ILetterOfCredit.WrongParty.selector,
                1,
                ILetterOfCredit.Party.Importer,
                parties.importer,
                parties.exporter
            )
        );
        credit.request(parties, _terms(), document, "Purchase order");
        vm.assertEq(credit.letterCount(), 0, "no letter");
    }

    function test_TermsMustMakeSense() public {
        ILetterOfCredit.Terms memory terms = _terms();
        terms.amount = 0;
        _assertRequestFails(terms, abi.encodeWithSelector(ILetterOfCredit.AmountZero.selector));

        terms = _terms();
        terms.token = _account("no contract");
        _assertRequestFails(terms, abi.encodeWithSelector(ILetterOfCredit.NotAToken.selector, terms.token));

        terms = _terms();
        terms.expiry = uint64(START);
        _assertRequestFails(terms, abi.encodeWithSelector(ILetterOfCredit.ExpiryInPast.selector, uint64(START), START));
    }

    function _assertRequestFails(ILetterOfCredit.Terms memory terms, bytes memory expected) private {
        bytes32 document = _document();
        vm.prank(parties.importer);
        vm.expectRevert(expected);
        credit.request(parties, terms, document, "Purchase order");
    }

    function test_NoLetterIsIssuedWithoutFunds() public {
        uint256 letterId = _request();
        bytes32 document = _document();
        uint256 balance = deposit.balanceOf(parties.importerBank);
        vm.prank(parties.importerBank);
        deposit.redeem(balance - AMOUNT + 1, "all but enough");
        vm.prank(parties.importerBank);
        vm.expectRevert(
            abi.encodeWithSelector(ERC20.ERC20InsufficientBalance.selector, parties.importerBank, AMOUNT - 1, AMOUNT)
        );
        credit.issue(letterId, document, "Letter of credit");

        vm.prank(parties.importerBank);
        deposit.approve(address(credit), AMOUNT - 1);
        vm.prank(parties.importerBank);
        vm.expectRevert(
            abi.encodeWithSelector(ERC20.ERC20InsufficientAllowance.selector, address(credit), AMOUNT - 1, AMOUNT)
        );
        credit.issue(letterId, document, "Letter of credit");
        vm.assertEq(uint256(credit.stateOf(letterId)), uint256(ILetterOfCredit.State.Requested), "state");
        vm.assertEq(credit.presentation(document).presenter, address(0), "document is free again");
    }

    function _wrongParty(uint256 letterId, ILetterOfCredit.Party party, address caller)
        private
        view
        returns (bytes memory)
    {
        return abi.encodeWithSelector(ILetterOfCredit.WrongParty.selector, letterId, party, _partyOf(party), caller);
    }
}
