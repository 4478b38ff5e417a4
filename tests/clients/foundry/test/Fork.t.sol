// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Vault} from "../src/Vault.sol";
import {Token} from "@clients/Token.sol";
import {vm} from "../src/Vm.sol";

/// Works on contracts that stand on the node under test: forge fetches their code and storage by JSON-RPC. `FORK_VAULT` and
/// `FORK_OWNER` name a vault and who deposited 40 tokens there.
contract ForkTest {
    Vault private vault;
    address private owner;

    function setUp() public {
        vault = Vault(vm.envAddress("FORK_VAULT"));
        owner = vm.envAddress("FORK_OWNER");
    }

    function test_state_of_the_node_is_seen() public view {
        require(block.chainid == vm.envUint("FORK_CHAIN_ID"), "another chain");
        require(address(vault).code.length > 0, "no code");
        require(vault.heldFor(owner) == 40, "not what was deposited");
        require(owner.balance > 0, "no balance");
    }

    function test_state_of_the_node_is_built_upon() public {
        Token token = Token(address(vault.token()));
        uint256 before = token.balanceOf(owner);
        vm.prank(owner);
        vault.withdraw(40);
        require(token.balanceOf(owner) == before + 40, "not paid out");
    }

    function test_refusals_hold_on_a_fork() public {
        vm.expectRevert(abi.encodeWithSelector(Vault.TooMuch.selector, 1, 0));
        vault.withdraw(1);
    }
}
