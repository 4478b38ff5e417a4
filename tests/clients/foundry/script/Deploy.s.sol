// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Token} from "@clients/Token.sol";
import {Vault} from "../src/Vault.sol";
import {vm} from "../src/Vm.sol";

/// Deploys a token and a vault, and deposits 40: four transactions, signed by forge with the key in `SCRIPT_KEY`.
contract Deploy {
    // forge looks for this in a contract that it is to run as a script.
    bool public constant IS_SCRIPT = true;

    function run() external returns (Token token, Vault vault) {
        vm.startBroadcast(vm.envUint("SCRIPT_KEY"));
        token = new Token(1_000);
        vault = new Vault(token);
        token.approve(address(vault), 100);
        vault.deposit(40);
        vm.stopBroadcast();
    }
}
