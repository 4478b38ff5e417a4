// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import { ILetterOfCredit } from "../src/ILetterOfCredit.sol";
import { LetterOfCredit } from "../src/LetterOfCredit.sol";
import { TradeDeposit } from "../src/TradeDeposit.sol";
import { LetterFixture } from "./LetterFixture.sol";
import { vm } from "./Vm.sol";

/// @title The parties, doing anything in any order
/// @notice Forge calls these functions at random. Letters are opened in two tokens; parties take the right step or any step.
contract Trade is LetterFixture {
    uint256 private constant LETTER_LIMIT = 8;

    TradeDeposit[2] private _deposits;

    /// @dev The state of each letter when last seen, to notice one that leaves an end.
    mapping(uint256 letterId => ILetterOfCredit.State) private _seen;

    /// @notice How many letters left one of the states that they must not leave.
    uint256 public resurrections;

    constructor() {
        setUp();
        _deposits[0] = deposit;
        _deposits[1] = new TradeDeposit("Dollar deposit", "dUSD", parties.importerBank);
        vm.prank(parties.importerBank);
        _deposits[1].mint(parties.importerBank, AMOUNT * 1000);
        vm.prank(parties.importerBank);
        _deposits[1].approve(address(credit), type(uint256).max);
        vm.prank(parties.exporterBank);
        _deposits[1].approve(address(credit), type(uint256).max);
    }

    // ------------------------------------------------ what forge calls

    /// @notice Asks for another letter.
    function open(uint256 amount, uint256 token, uint256 duration) external {
        if (credit.letterCount() == LETTER_LIMIT) return;
        ILetterOfCredit.Terms memory terms = ILetterOfCredit.Terms({
            token: address(_deposits[token % 2]),
            expiry: uint64(block.timestamp + _within(duration, 1 days, 90 days)),
            amount: _within(amount, 1, AMOUNT * 2)
        });
        _request(parties, terms);
    }

    /// @notice Takes the next one to six steps; they fail when the letter has expired or come to an end.
    function goOn(uint256 letter, uint256 times) external {
        uint256 letterId = _choose(letter);
        times = _within(times, 1, 6);
        for (uint256 i = 0; i < steps.length && times > 0; i++) {
            if (steps[i].from != credit.stateOf(letterId)) continue;
            _take(letterId, steps[i]);
            times--;
        }
        _observe(letterId);
    }

    /// @notice Takes any step, by any party.
    function meddle(uint256 letter, uint256 step, uint256 party) external {
        uint256 letterId = _choose(letter);
        _take(letterId, steps[step % steps.length], _accounts(parties)[party % 9]);
        _observe(letterId);
    }

    /// @notice Refuses, declines, reclaims or draws, by the party that may.
    function breakOff(uint256 letter, uint256 way) external {
        uint256 letterId = _choose(letter);
        way %= 5;
        bytes32 document = _document();
        address caller;
        bytes memory data;
        if (way == 0) {
            caller = parties.importerBank;
            data = abi.encodeCall(ILetterOfCredit.decline, (letterId, document, "Answer", "no"));
        } else if (way == 1) {
            caller = parties.exportControl;
            data = abi.encodeCall(ILetterOfCredit.refuseExport, (letterId, document, "Report", "no"));
        } else if (way == 2) {
            caller = parties.customs;
            data = abi.encodeCall(ILetterOfCredit.refuseCustoms, (letterId, document, "Report", "no"));
        } else if (way == 3) {
            caller = parties.importerBank;
            data = abi.encodeCall(ILetterOfCredit.reclaim, (letterId, document, "Cancellation"));
        } else {
            caller = parties.exporterBank;
            data = abi.encodeCall(ILetterOfCredit.drawPayment, (letterId, document, "Claim"));
        }
        vm.prank(caller);
        (bool success,) = address(credit).call(data);
        success; // refused more often than not, which is as it should be
        _observe(letterId);
    }

    /// @notice Lets time pass.
    function wait(uint256 time) external {
        vm.warp(block.timestamp + _within(time, 1, 5 days));
    }

    // ------------------------------------------------ what the invariants ask

    /// @notice What an account holds of a token.
    function balance(uint256 token, uint256 party) external view returns (uint256) {
        return _deposits[token].balanceOf(_accounts(parties)[party]);
    }

    /// @notice What the contract holds of a token.
    function locked(uint256 token) external view returns (uint256) {
        return _deposits[token].balanceOf(address(credit));
    }

    /// @notice The sum of the amounts in a token over the letters whose state is in `states` (a bit for each).
    function sum(uint256 token, uint256 states) external view returns (uint256 total) {
        for (uint256 letterId = 1; letterId <= credit.letterCount(); letterId++) {
            ILetterOfCredit.Letter memory found = credit.letter(letterId);
            if (found.terms.token != address(_deposits[token])) continue;
            if (states & (1 << uint256(found.state)) != 0) total += found.terms.amount;
        }
    }

    /// @notice What the contract says that it holds in a token.
    function held(uint256 token) external view returns (uint256 total) {
        for (uint256 letterId = 1; letterId <= credit.letterCount(); letterId++) {
            if (credit.letter(letterId).terms.token == address(_deposits[token])) total += credit.heldFor(letterId);
        }
    }

    // ------------------------------------------------ small things

    /// @dev A letter; opens one if there is none.
    function _choose(uint256 letter) private returns (uint256) {
        if (credit.letterCount() == 0) _request();
        return 1 + letter % credit.letterCount();
    }

    /// @dev Notices a letter that left an end.
    function _observe(uint256 letterId) private {
        ILetterOfCredit.State before = _seen[letterId];
        ILetterOfCredit.State state = credit.stateOf(letterId);
        bool ended = before == ILetterOfCredit.State.Settled || before == ILetterOfCredit.State.Declined
            || before == ILetterOfCredit.State.Reclaimed;
        if (ended && state != before) resurrections++;
        _seen[letterId] = state;
    }
}

/// @notice Where the money is, after anything.
contract InvariantTest {
    /// @dev Bits of the states from Issued to Received, and of Refused.
    uint256 private constant OPEN =
        ((1 << (uint256(ILetterOfCredit.State.Received) + 1)) - (1 << uint256(ILetterOfCredit.State.Issued)))
            | (1 << uint256(ILetterOfCredit.State.Refused));
    uint256 private constant PAID = 1 << uint256(ILetterOfCredit.State.Paid);
    uint256 private constant SETTLED = 1 << uint256(ILetterOfCredit.State.Settled);

    Trade private _trade;
    uint256[2] private _start;

    function setUp() public {
        _trade = new Trade();
        for (uint256 token = 0; token < 2; token++) {
            _start[token] = _trade.balance(token, uint256(ILetterOfCredit.Party.ImporterBank));
        }
    }

    /// @notice Tells forge what to call.
    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_trade);
    }

    /// @notice Tells forge which functions of it to call.
    function targetSelectors() public view returns (Selectors[] memory targets) {
        targets = new Selectors[](1);
        bytes4[] memory selectors = new bytes4[](5);
        selectors[0] = Trade.open.selector;
        selectors[1] = Trade.goOn.selector;
        selectors[2] = Trade.meddle.selector;
        selectors[3] = Trade.breakOff.selector;
        selectors[4] = Trade.wait.selector;
        targets[0] = Selectors({ target: address(_trade), selectors: selectors });
    }

    /// @dev As forge wants it (FuzzSelector in forge-std).
    struct Selectors {
        address target;
        bytes4[] selectors;
    }

    /// @notice The contract holds the amounts of the open letters: no more, no less; and it says so.
    function invariant_TheContractHoldsWhatIsOpen() public view {
        for (uint256 token = 0; token < 2; token++) {
            vm.assertEq(_trade.locked(token), _trade.sum(token, OPEN), "locked");
            vm.assertEq(_trade.held(token), _trade.sum(token, OPEN), "held");
        }
    }

    /// @notice Each bank and the exporter hold what the letters' states say; nobody else holds anything.
    function invariant_EveryCentIsWhereTheLettersSay() public view {
        for (uint256 token = 0; token < 2; token++) {
            for (uint256 party = 0; party < 9; party++) {
                uint256 expected = 0;
                if (party == uint256(ILetterOfCredit.Party.ImporterBank)) {
                    expected = _start[token] - _trade.sum(token, OPEN | PAID | SETTLED);
                } else if (party == uint256(ILetterOfCredit.Party.ExporterBank)) {
                    expected = _trade.sum(token, PAID);
                } else if (party == uint256(ILetterOfCredit.Party.Exporter)) {
                    expected = _trade.sum(token, SETTLED);
                }
                vm.assertEq(_trade.balance(token, party), expected, "balance");
            }
        }
    }

    /// @notice An end is an end.
    function invariant_NothingLeavesAnEnd() public view {
        vm.assertEq(_trade.resurrections(), 0, "letters that left an end");
    }
}
