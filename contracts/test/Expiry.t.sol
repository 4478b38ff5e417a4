// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import { ILetterOfCredit } from "../src/ILetterOfCredit.sol";
import { LetterFixture } from "./LetterFixture.sol";
import { vm } from "./Vm.sol";

/// @notice Time: what expires, who gets the funds then, and that nobody's silence keeps them locked.
contract ExpiryTest is LetterFixture {
    /// @notice Every step up to the customs clearance is possible at the last second and refused a second later.
    function test_StepsExpireUntilCustomsHasCleared() public {
        for (uint256 i = 0; i < steps.length; i++) {
            bool expires = steps[i].from < ILetterOfCredit.State.CustomsCleared;
            vm.warp(START);
            uint256 late = _letterIn(steps[i].from);
            uint256 inTime = _letterIn(steps[i].from);

            vm.warp(EXPIRY);
            (bool success,) = _take(inTime, steps[i]);
            vm.assertTrue(success, steps[i].document);

            vm.warp(EXPIRY + 1);
            bytes memory answer;
            (success, answer) = _take(late, steps[i]);
            vm.assertTrue(success == !expires, steps[i].document);
            if (expires) vm.assertEq(answer, _expired(late), steps[i].document);
        }
    }

    function test_InspectorsCannotRefuseAfterTheExpiry() public {
        uint256 ready = _letterIn(ILetterOfCredit.State.ReadyForShipment);
        uint256 arrived = _letterIn(ILetterOfCredit.State.Arrived);
        bytes32 document = _document();
        vm.warp(EXPIRY + 1);
        vm.prank(parties.exportControl);
        vm.expectRevert(_expired(ready));
        credit.refuseExport(ready, document, "Report", "late");
        vm.prank(parties.customs);
        vm.expectRevert(_expired(arrived));
        credit.refuseCustoms(arrived, document, "Report", "late");
    }

    /// @notice Who may take the funds, state by state, once all time has passed: exactly one bank wherever funds are held.
    function test_NobodysSilenceLocksFunds() public {
        for (uint256 s = uint256(ILetterOfCredit.State.Requested); s <= LAST_STATE; s++) {
            vm.warp(START);
            ILetterOfCredit.State state = ILetterOfCredit.State(s);
            uint256 letterId = _letterIn(state);
            uint256 held = deposit.balanceOf(address(credit));
            bytes32 first = _document();
            bytes32 second = _document();
            vm.warp(EXPIRY + 30 days);

            vm.prank(parties.importerBank);
            (bool reclaimed,) =
                address(credit).call(abi.encodeCall(ILetterOfCredit.reclaim, (letterId, first, "Cancellation")));
            vm.prank(parties.exporterBank);
            (bool drawn,) =
                address(credit).call(abi.encodeCall(ILetterOfCredit.drawPayment, (letterId, second, "Claim")));

            bool bound = state == ILetterOfCredit.State.CustomsCleared || state == ILetterOfCredit.State.Received;
            bool free = (state >= ILetterOfCredit.State.Issued && state <= ILetterOfCredit.State.Arrived)
                || state == ILetterOfCredit.State.Refused;
            vm.assertTrue(drawn == bound, "the exporter's bank draws when customs has cleared");
            vm.assertTrue(reclaimed == free, "the importer's bank reclaims otherwise");
            vm.assertEq(
                deposit.balanceOf(address(credit)), bound || free ? held - AMOUNT : held, "funds left the contract"
            );
        }
    }

    function test_NothingIsReclaimedBeforeTheExpiry() public {
        bytes32 document = _document();
        for (uint256 s = uint256(ILetterOfCredit.State.Issued); s <= uint256(ILetterOfCredit.State.Arrived); s++) {
            vm.warp(START);
            uint256 letterId = _letterIn(ILetterOfCredit.State(s));
            vm.warp(EXPIRY);
            vm.prank(parties.importerBank);
            vm.expectRevert(abi.encodeWithSelector(ILetterOfCredit.LetterNotExpired.selector, letterId, EXPIRY, EXPIRY));
            credit.reclaim(letterId, document, "Cancellation");
        }
    }

    function test_ABoundBankCannotReclaim() public {
        uint256 cleared = _letterIn(ILetterOfCredit.State.CustomsCleared);
        uint256 received = _letterIn(ILetterOfCredit.State.Received);
        bytes32 document = _document();
        vm.warp(EXPIRY + 1);
        vm.prank(parties.importerBank);
        vm.expectRevert(abi.encodeWithSelector(ILetterOfCredit.PaymentDue.selector, cleared));
        credit.reclaim(cleared, document, "Cancellation");
        vm.prank(parties.importerBank);
        vm.expectRevert(abi.encodeWithSelector(ILetterOfCredit.PaymentDue.selector, received));
        credit.reclaim(received, document, "Cancellation");
    }

    function test_AReclaimReturnsTheFunds() public {
        uint256 letterId = _letterIn(ILetterOfCredit.State.Departed);
        uint256 before = deposit.balanceOf(parties.importerBank);
        bytes32 document = _document();
        vm.warp(EXPIRY + 1);
        vm.prank(parties.importerBank);
        credit.reclaim(letterId, document, "Cancellation");
        vm.assertEq(deposit.balanceOf(parties.importerBank), before + AMOUNT, "importer's bank");
        vm.assertEq(uint256(credit.stateOf(letterId)), uint256(ILetterOfCredit.State.Reclaimed), "state");
    }

    /// @notice The importer's bank has seven days from the state the letter is in, to the second.
    function test_AnOverduePaymentIsDrawn() public {
        ILetterOfCredit.State[2] memory due = [ILetterOfCredit.State.CustomsCleared, ILetterOfCredit.State.Received];
        for (uint256 i = 0; i < due.length; i++) {
            vm.warp(START);
            uint256 letterId = _letterIn(due[i]);
            uint256 before = deposit.balanceOf(parties.exporterBank);
            bytes32 document = _document();
            vm.warp(START + 7 days);
            vm.prank(parties.exporterBank);
            vm.expectRevert(
                abi.encodeWithSelector(
                    ILetterOfCredit.PaymentNotOverdue.selector, letterId, START + 7 days, START + 7 days
                )
            );
            credit.drawPayment(letterId, document, "Claim");

            vm.warp(START + 7 days + 1);
            vm.prank(parties.exporterBank);
            credit.drawPayment(letterId, document, "Claim");
            vm.assertEq(deposit.balanceOf(parties.exporterBank), before + AMOUNT, "exporter's bank");
            _bring(letterId, ILetterOfCredit.State.Settled);
        }
    }

    /// @notice Whoever pays first, there is no second payment: by the bank, by drawing, or by reclaiming.
    function test_NoLetterIsPaidTwice() public {
        bytes32 document = _document();
        for (uint256 s = uint256(ILetterOfCredit.State.Paid); s <= uint256(ILetterOfCredit.State.Settled); s++) {
            vm.warp(START);
            uint256 letterId = _letterIn(ILetterOfCredit.State(s));
            _letterIn(ILetterOfCredit.State.Received); // another letter's money, to pay from by mistake
            bytes memory paid = abi.encodeWithSelector(ILetterOfCredit.AlreadyPaid.selector, letterId, AMOUNT);
            vm.warp(EXPIRY + 30 days);
            vm.prank(parties.importerBank);
            vm.expectRevert(paid);
            credit.releasePayment(letterId, document, "Payment order");
            vm.prank(parties.exporterBank);
            vm.expectRevert(paid);
            credit.drawPayment(letterId, document, "Claim");
            vm.prank(parties.importerBank);
            vm.expectRevert(paid);
            credit.reclaim(letterId, document, "Cancellation");
        }
    }

    function test_NothingIsDrawnBeforeCustomsHasCleared() public {
        uint256 letterId = _letterIn(ILetterOfCredit.State.Arrived);
        bytes32 document = _document();
        vm.warp(EXPIRY + 30 days);
        vm.prank(parties.exporterBank);
        vm.expectRevert(
            abi.encodeWithSelector(
                ILetterOfCredit.WrongState.selector,
                letterId,
                ILetterOfCredit.State.Arrived,
                ILetterOfCredit.State.Received
            )
        );
        credit.drawPayment(letterId, document, "Claim");
    }

    function _expired(uint256 letterId) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ILetterOfCredit.LetterExpired.selector, letterId, EXPIRY, EXPIRY + 1);
    }
}
