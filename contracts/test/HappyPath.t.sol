// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import { ILetterOfCredit } from "../src/ILetterOfCredit.sol";
import { LetterFixture } from "./LetterFixture.sol";
import { Vm, vm } from "./Vm.sol";

/// @notice A letter from request to settlement, and its story told from the events alone.
contract HappyPathTest is LetterFixture {
    function test_TwelveStepsMoveTheFundsFromBankToExporter() public {
        uint256 before = deposit.balanceOf(parties.importerBank);
        uint256 letterId = _request();
        vm.assertEq(letterId, 1, "the first letter is number 1");
        vm.assertEq(credit.heldFor(letterId), 0, "nothing is locked by a request");

        for (uint256 i = 0; i < steps.length; i++) {
            (bool success,) = _take(letterId, steps[i]);
            vm.assertTrue(success, steps[i].document);
            vm.assertEq(uint256(credit.stateOf(letterId)), uint256(steps[i].to), steps[i].document);

            bool locked = i < 9;
            vm.assertEq(credit.heldFor(letterId), locked ? AMOUNT : 0, "held for the letter");
            vm.assertEq(deposit.balanceOf(address(credit)), locked ? AMOUNT : 0, "held by the contract");
        }

        vm.assertEq(deposit.balanceOf(parties.importerBank), before - AMOUNT, "importer's bank");
        vm.assertEq(deposit.balanceOf(parties.exporterBank), 0, "exporter's bank");
        vm.assertEq(deposit.balanceOf(parties.exporter), AMOUNT, "exporter");
    }

    function test_ThePaymentPassesThroughTheExportersBank() public {
        _letterIn(ILetterOfCredit.State.Paid);
        vm.assertEq(deposit.balanceOf(parties.exporterBank), AMOUNT, "exporter's bank");
        vm.assertEq(deposit.balanceOf(parties.exporter), 0, "exporter");
    }

    function test_OneContractHoldsManyLetters() public {
        uint256 first = _letterIn(ILetterOfCredit.State.Issued);
        uint256 second = _letterIn(ILetterOfCredit.State.Received);
        uint256 third = _letterIn(ILetterOfCredit.State.Settled);
        vm.assertEq(credit.letterCount(), 3, "letters");
        vm.assertEq(deposit.balanceOf(address(credit)), 2 * AMOUNT, "two are open");
        _bring(first, ILetterOfCredit.State.Settled);
        _bring(second, ILetterOfCredit.State.Settled);
        vm.assertEq(uint256(credit.stateOf(third)), uint256(ILetterOfCredit.State.Settled), "third");
        vm.assertEq(deposit.balanceOf(parties.exporter), 3 * AMOUNT, "three are settled");
    }

    function test_LetterTellsTermsPartiesAndTime() public {
        uint256 letterId = _request();
        vm.warp(START + 5);
        _bring(letterId, ILetterOfCredit.State.Issued);
        ILetterOfCredit.Letter memory found = credit.letter(letterId);
        vm.assertEq(uint256(found.state), uint256(ILetterOfCredit.State.Issued), "state");
        vm.assertEq(found.since, START + 5, "since");
        vm.assertEq(found.refusal, bytes32(0), "refusal");
        vm.assertEq(keccak256(abi.encode(found.terms)), keccak256(abi.encode(_terms())), "terms");
        vm.assertEq(keccak256(abi.encode(found.parties)), keccak256(abi.encode(parties)), "parties");
    }

    function test_DocumentsAreRegisteredByHash() public {
        uint256 letterId = _letterIn(ILetterOfCredit.State.ExportCertified);
        bytes32 billOfLading = keccak256("Bill of lading no. 4711");
        vm.warp(START + 3 days);
        vm.prank(parties.shippingCompany);
        credit.issueBillOfLading(letterId, billOfLading, "Bill of lading");

        ILetterOfCredit.Presentation memory found = credit.presentation(billOfLading);
        vm.assertEq(found.letterId, letterId, "letter");
        vm.assertEq(found.presenter, parties.shippingCompany, "presenter");
        vm.assertEq(found.time, START + 3 days, "time");
        vm.assertEq(uint256(found.state), uint256(ILetterOfCredit.State.BillOfLadingIssued), "state");
        vm.assertEq(credit.presentation(keccak256("another")).presenter, address(0), "never presented");
    }

    /// @notice Everything {letter} knows can be had from the logs, and every step is there with party, hash and name.
    function test_EventsAloneTellTheStory() public {
        _letterIn(ILetterOfCredit.State.Advised); // noise: another letter of the same contract
        vm.recordLogs();
        uint256 letterId = _letterIn(ILetterOfCredit.State.Settled);
        Vm.Log[] memory logs = vm.getRecordedLogs();

        bytes32 requested = keccak256(
            "LetterRequested(uint256,address,bytes32,string,(address,uint64,uint256),"
            "(address,address,address,address,address,address,address,address,address))"
        );
        uint256 seen = 0;
        for (uint256 i = 0; i < logs.length; i++) {
            Vm.Log memory log = logs[i];
            if (log.emitter != address(credit)) continue;
            vm.assertEq(log.topics.length, 4, "topics");
            vm.assertEq(uint256(log.topics[1]), letterId, "letter");
            address party = address(uint160(uint256(log.topics[2])));
            ILetterOfCredit.Presentation memory document = credit.presentation(log.topics[3]);
            vm.assertEq(document.letterId, letterId, "document's letter");
            vm.assertEq(document.presenter, party, "document's presenter");
            if (seen == 0) {
                vm.assertEq(log.topics[0], requested, "first event");
                vm.assertEq(party, parties.importer, "first party");
                (string memory name, ILetterOfCredit.Terms memory terms, ILetterOfCredit.Parties memory who) =
                    abi.decode(log.data, (string, ILetterOfCredit.Terms, ILetterOfCredit.Parties));
                vm.assertEq(name, "Purchase order", "first document");
                ILetterOfCredit.Letter memory found = credit.letter(letterId);
                vm.assertEq(keccak256(abi.encode(terms)), keccak256(abi.encode(found.terms)), "terms");
                vm.assertEq(keccak256(abi.encode(who)), keccak256(abi.encode(found.parties)), "parties");
            } else {
                Step memory step = steps[seen - 1];
                vm.assertEq(log.topics[0], keccak256(bytes(step.eventSignature)), step.eventSignature);
                vm.assertEq(party, _partyOf(step.party), "party");
                vm.assertEq(abi.decode(log.data, (string)), step.document, "document's name");
                vm.assertEq(uint256(document.state), uint256(step.to), "document's state");
            }
            seen++;
        }
        vm.assertEq(seen, 12, "twelve steps, twelve events");
    }
}
