// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Token} from "@clients/Token.sol";
import {Vault} from "../src/Vault.sol";
import {vm} from "../src/Vm.sol";

/// Runs in forge's own machine, and again with `--fork-url` on the state of the node under test.
contract VaultTest {
    address private constant ANN = address(0xA11);

    Token private token;
    Vault private vault;

    function setUp() public {
        token = new Token(1_000 ether);
        vault = new Vault(token);
        token.transfer(ANN, 100 ether);
        vm.prank(ANN);
        token.approve(address(vault), type(uint256).max);
    }

    function test_deposit_is_held() public {
        vm.expectEmit(true, false, false, true);
        emit Vault.Deposited(ANN, 5 ether);
        vm.prank(ANN);
        vault.deposit(5 ether);
        require(vault.heldFor(ANN) == 5 ether, "not held");
        require(token.balanceOf(address(vault)) == 5 ether, "not moved");
    }

    function test_withdraw_more_than_held_is_refused() public {
        vm.expectRevert(abi.encodeWithSelector(Vault.TooMuch.selector, 1, 0));
        vm.prank(ANN);
        vault.withdraw(1);
    }

    function testFuzz_what_goes_in_comes_out(uint96 amount) public {
        vm.assume(amount <= 100 ether);
        vm.startPrank(ANN);
        vault.deposit(amount);
        vault.withdraw(amount);
        vm.stopPrank();
        require(token.balanceOf(ANN) == 100 ether, "lost");
    }
}
