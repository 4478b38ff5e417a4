// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// An everyday token: ERC-20 with custom errors (ERC-6093) and signed approvals (ERC-2612).
contract Token is ERC20, ERC20Permit {
    constructor(uint256 supply) ERC20("Client Test Token", "CTT") ERC20Permit("Client Test Token") {
        _mint(msg.sender, supply);
    }
}
