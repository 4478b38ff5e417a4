// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import { BenchToken } from "../src/BenchToken.sol";
import { ERC20 } from "../src/ERC20.sol";
import { ILetterOfCredit } from "../src/ILetterOfCredit.sol";
import { TokenTransfer } from "../src/TokenTransfer.sol";
import { TradeDeposit } from "../src/TradeDeposit.sol";
import { LetterFixture } from "./LetterFixture.sol";
import { FalseToken, FeeToken, MuteToken, ReentrantBank, SilentToken } from "./OddTokens.sol";
import { Vm, vm } from "./Vm.sol";

/// @notice The tokens themselves, and letters in tokens that do not behave.
contract TokensTest is LetterFixture {
    // ------------------------------------------------ our tokens

    function test_OnlyTheBankMints() public {
        vm.assertEq(deposit.issuer(), parties.importerBank, "issuer");
        vm.assertEq(deposit.decimals(), 2, "cents");
        vm.assertEq(deposit.name(), "Euro deposit", "name");
        vm.assertEq(deposit.symbol(), "dEUR", "symbol");
        vm.prank(parties.exporterBank);
        vm.expectRevert(
            abi.encodeWithSelector(TradeDeposit.NotIssuer.selector, parties.exporterBank, parties.importerBank)
        );
        deposit.mint(parties.exporterBank, 1);
    }

    function test_HoldersRedeem() public {
        uint256 supply = deposit.totalSupply();
        vm.recordLogs();
        vm.prank(parties.importerBank);
        deposit.redeem(300, "E2E-1");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(deposit.totalSupply(), supply - 300, "supply");
        vm.assertEq(logs.length, 2, "Transfer and Redeemed");
        vm.assertEq(logs[0].topics[0], keccak256("Transfer(address,address,uint256)"), "Transfer");
        vm.assertEq(logs[0].topics[2], bytes32(0), "to nobody");
        vm.assertEq(logs[1].topics[0], keccak256("Redeemed(address,uint256,bytes32)"), "Redeemed");
        vm.assertEq(logs[1].topics[2], bytes32("E2E-1"), "reference");

        vm.prank(parties.exporter);
        vm.expectRevert(abi.encodeWithSelector(ERC20.ERC20InsufficientBalance.selector, parties.exporter, 0, 1));
        deposit.redeem(1, "E2E-2");
    }

    function testFuzz_TransfersConserve(uint256 supply, uint256 amount, address to) public {
        vm.assume(to != address(0));
        BenchToken token = new BenchToken(supply);
        if (amount > supply) {
            vm.expectRevert(
                abi.encodeWithSelector(ERC20.ERC20InsufficientBalance.selector, address(this), supply, amount)
            );
            token.transfer(to, amount);
            return;
        }
        vm.assertTrue(token.transfer(to, amount), "transfer answers true");
        vm.assertEq(token.totalSupply(), supply, "supply");
        if (to == address(this)) {
            vm.assertEq(token.balanceOf(to), supply, "to itself");
        } else {
            vm.assertEq(token.balanceOf(to), amount, "receiver");
            vm.assertEq(token.balanceOf(address(this)), supply - amount, "sender");
        }
    }

    function testFuzz_AllowancesCountDown(uint256 allowed, uint256 amount) public {
        BenchToken token = new BenchToken(type(uint256).max);
        address spender = parties.importer;
        token.approve(spender, allowed);
        vm.prank(spender);
        if (amount > allowed) {
            vm.expectRevert(abi.encodeWithSelector(ERC20.ERC20InsufficientAllowance.selector, spender, allowed, amount));
            token.transferFrom(address(this), parties.exporter, amount);
            return;
        }
        vm.assertTrue(token.transferFrom(address(this), parties.exporter, amount), "answers true");
        bool endless = allowed == type(uint256).max;
        vm.assertEq(token.allowance(address(this), spender), endless ? allowed : allowed - amount, "what is left");
    }

    function test_NothingGoesToTheZeroAddress() public {
        BenchToken token = new BenchToken(1);
        vm.expectRevert(abi.encodeWithSelector(ERC20.ERC20InvalidReceiver.selector, address(0)));
        token.transfer(address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(ERC20.ERC20InvalidSpender.selector, address(0)));
        token.approve(address(0), 1);
    }

    // ------------------------------------------------ letters in odd tokens

    function test_ATokenThatAnswersNothingIsUsed() public {
        SilentToken token = new SilentToken(parties.importerBank, AMOUNT);
        uint256 letterId = _requestIn(address(token));
        _bring(letterId, ILetterOfCredit.State.Settled);
        vm.assertEq(token.balanceOf(parties.exporter), AMOUNT, "exporter");
    }

    function test_ATokenThatAnswersFalseIsRefused() public {
        FalseToken token = new FalseToken();
        _assertNotIssued(address(token), abi.encodeWithSelector(TokenTransfer.TransferRefused.selector, address(token)));
    }

    function test_ATokenThatRevertsWithoutReasonIsNamed() public {
        MuteToken token = new MuteToken();
        _assertNotIssued(address(token), abi.encodeWithSelector(TokenTransfer.TransferRefused.selector, address(token)));
    }

    function test_ATokenThatTakesAFeeIsRefused() public {
        FeeToken token = new FeeToken(parties.importerBank, AMOUNT);
        _assertNotIssued(
            address(token),
            abi.encodeWithSelector(ILetterOfCredit.FundsNotReceived.selector, address(token), AMOUNT, AMOUNT - 1)
        );
    }

    /// @notice The exporter's bank is itself a token that calls back while it is paid: it is not paid again.
    function test_APaymentCannotBeEnteredAgain() public {
        ReentrantBank bank = new ReentrantBank(credit, parties.importerBank, AMOUNT * 2);
        ILetterOfCredit.Parties memory who = parties;
        who.exporterBank = address(bank);
        ILetterOfCredit.Terms memory terms = _terms();
        terms.token = address(bank);

        uint256 first = _request(who, terms);
        uint256 second = _request(who, terms);
        parties.exporterBank = address(bank);
        _bring(first, ILetterOfCredit.State.CustomsCleared);
        _bring(second, ILetterOfCredit.State.CustomsCleared);
        vm.warp(START + 8 days);
        bank.draw(first);

        vm.assertEq(
            bank.answer(),
            abi.encodeWithSelector(ILetterOfCredit.AlreadyPaid.selector, first, AMOUNT),
            "what the second draw was told"
        );
        vm.assertEq(bank.balanceOf(address(bank)), AMOUNT, "paid once");
        vm.assertEq(bank.balanceOf(address(credit)), AMOUNT, "the other letter's money");
    }

    function _requestIn(address token) private returns (uint256) {
        ILetterOfCredit.Terms memory terms = _terms();
        terms.token = token;
        return _request(parties, terms);
    }

    function _assertNotIssued(address token, bytes memory expected) private {
        uint256 letterId = _requestIn(token);
        bytes32 document = _document();
        vm.prank(parties.importerBank);
        vm.expectRevert(expected);
        credit.issue(letterId, document, "Letter of credit");
        vm.assertEq(uint256(credit.stateOf(letterId)), uint256(ILetterOfCredit.State.Requested), "state");
    }
}
