// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// Keeps tokens for who brought them: two contracts that work together, for forge to test, deploy and call.
contract Vault {
    using SafeERC20 for IERC20;

    event Deposited(address indexed by, uint256 amount);

    error TooMuch(uint256 asked, uint256 held);

    IERC20 public immutable token;
    mapping(address => uint256) public heldFor;

    constructor(IERC20 token_) {
        token = token_;
    }

    function deposit(uint256 amount) external {
        heldFor[msg.sender] += amount;
        emit Deposited(msg.sender, amount);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    function withdraw(uint256 amount) external {
        uint256 held = heldFor[msg.sender];
        if (amount > held) revert TooMuch(amount, held);
        heldFor[msg.sender] = held - amount;
        token.safeTransfer(msg.sender, amount);
    }
}
