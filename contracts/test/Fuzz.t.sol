// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import { ILetterOfCredit } from "../src/ILetterOfCredit.sol";
import { LetterFixture } from "./LetterFixture.sol";
import { vm } from "./Vm.sol";

/// @notice Any amount, any parties, any time, any caller.
contract FuzzTest is LetterFixture {
    /// @notice Whatever the amount, exactly it goes from bank to exporter.
    function testFuzz_AmountsArriveWhole(uint256 amount) public {
        uint256 supply = deposit.totalSupply();
        amount = _within(amount, 1, type(uint256).max - supply);
        vm.prank(parties.importerBank);
        deposit.mint(parties.importerBank, amount);
        ILetterOfCredit.Terms memory terms = _terms();
        terms.amount = amount;

        uint256 letterId = _request(parties, terms);
        _bring(letterId, ILetterOfCredit.State.Received);
        vm.assertEq(credit.heldFor(letterId), amount, "held");
        _bring(letterId, ILetterOfCredit.State.Settled);
        vm.assertEq(deposit.balanceOf(parties.exporter), amount, "exporter");
        vm.assertEq(deposit.balanceOf(parties.importerBank), supply, "importer's bank");
        vm.assertEq(deposit.balanceOf(address(credit)), 0, "contract");
    }

    /// @notice Whoever the parties are, a request is accepted when they are nine different accounts, and names the fault if not.
    function testFuzz_PartiesAreNineDifferentAccounts(
        address[9] memory accounts,
        uint256 fault,
        uint256 first,
        uint256 second
    ) public {
        // Random addresses hardly ever meet: make them, in half of the runs.
        first = _within(first, 0, 8);
        second = _within(second, 0, 8);
        if (fault % 4 == 0) accounts[second] = accounts[first];
        if (fault % 4 == 1) accounts[first] = address(0);

        bytes memory expected = "";
        for (uint256 i = 0; i < 9 && expected.length == 0; i++) {
            if (accounts[i] == address(0)) {
                expected = abi.encodeWithSelector(ILetterOfCredit.PartyMissing.selector, i);
            }
            for (uint256 j = 0; j < i && expected.length == 0; j++) {
                if (accounts[i] == accounts[j]) {
                    expected = abi.encodeWithSelector(ILetterOfCredit.PartyTwice.selector, j, i, accounts[i]);
                }
            }
        }
        ILetterOfCredit.Parties memory who = abi.decode(abi.encode(accounts), (ILetterOfCredit.Parties));

        bytes32 document = _document();
        vm.prank(who.importer);
        if (expected.length > 0) vm.expectRevert(expected);
        credit.request(who, _terms(), document, "Purchase order");
        vm.assertEq(credit.letterCount(), expected.length > 0 ? 0 : 1, "letters");
    }

    /// @notice Nobody but the party takes a step, whatever the state.
    function testFuzz_StrangersTakeNoStep(address caller, uint256 state, uint256 step) public {
        uint256 letterId =
            _letterIn(ILetterOfCredit.State(_within(state, uint256(ILetterOfCredit.State.Requested), LAST_STATE)));
        Step memory chosen = steps[_within(step, 0, steps.length - 1)];
        vm.assume(caller != _partyOf(chosen.party));
        (bool success, bytes memory answer) = _take(letterId, chosen, caller);
        vm.assertTrue(!success, chosen.document);
        vm.assertEq(
            answer,
            abi.encodeWithSelector(
                ILetterOfCredit.WrongParty.selector, letterId, chosen.party, _partyOf(chosen.party), caller
            ),
            chosen.document
        );
    }

    /// @notice Whatever the expiry and the time, a letter before its clearance either goes on or can be reclaimed, never both.
    function testFuzz_ExpiryDividesTime(uint64 expiry, uint256 time, uint256 step) public {
        expiry = uint64(_within(expiry, START + 1, type(uint64).max - 1));
        time = _within(time, START, uint256(expiry) + 365 days);
        // From `advise`, the first step with locked funds, to `clearCustoms`.
        Step memory chosen = steps[_within(step, 1, 7)];
        ILetterOfCredit.Terms memory terms = _terms();
        terms.expiry = expiry;
        uint256 letterId = _request(parties, terms);
        _bring(letterId, chosen.from);
        vm.warp(time);

        (bool wentOn,) = _take(letterId, chosen);
        bytes32 document = _document();
        vm.prank(parties.importerBank);
        (bool reclaimed,) =
            address(credit).call(abi.encodeCall(ILetterOfCredit.reclaim, (letterId, document, "Cancellation")));
        vm.assertTrue(wentOn == (time <= expiry), "goes on until the expiry");
        vm.assertTrue(reclaimed == (time > expiry), "is reclaimed after it");
    }
}
