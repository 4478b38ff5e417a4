// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import { ERC20 } from "./ERC20.sol";

/// @title The token that benchmarks move about
/// @notice A plain ERC-20 with a fixed supply. It has no immutables and describes itself by constants, so its deployed bytecode
/// can be placed in a genesis file as it is, with balances written to storage (layout: {ERC20}).
contract BenchToken is ERC20 {
    /// @notice What the token is called.
    string public constant name = "Bench Token";

    /// @notice The short name of the token.
    string public constant symbol = "BENCH";

    /// @notice Digits after the decimal point that a user interface shows.
    uint8 public constant decimals = 18;

    /// @param supply how much the deployer receives: all there will ever be
    constructor(uint256 supply) {
        _mint(msg.sender, supply);
    }
}
