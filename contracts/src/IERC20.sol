// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title The token interface of ERC-20
/// @notice As the standard has it (https://eips.ethereum.org/EIPS/eip-20), without the optional description.
interface IERC20 {
    /// @notice `amount` went from `from` to `to`; minting comes from the zero address, burning goes to it.
    event Transfer(address indexed from, address indexed to, uint256 amount);

    /// @notice `owner` lets `spender` move up to `amount`.
    event Approval(address indexed owner, address indexed spender, uint256 amount);

    /// @notice How much exists, in the token's smallest unit.
    function totalSupply() external view returns (uint256);

    /// @notice How much `account` holds.
    function balanceOf(address account) external view returns (uint256);

    /// @notice How much of `owner`'s tokens `spender` may still move.
    function allowance(address owner, address spender) external view returns (uint256);

    /// @notice Moves `amount` from the caller to `to`.
    function transfer(address to, uint256 amount) external returns (bool);

    /// @notice Lets `spender` move up to `amount` of the caller's tokens; replaces what was allowed before.
    function approve(address spender, uint256 amount) external returns (bool);

    /// @notice Moves `amount` from `from` to `to`, within what `from` allowed the caller.
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}
