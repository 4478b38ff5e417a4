// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import { IERC20 } from "./IERC20.sol";

/// @title The book-keeping of an ERC-20 token
/// @notice Balances, allowances and supply; who may mint and burn is the heir's decision. Errors are those of ERC-6093
/// (https://eips.ethereum.org/EIPS/eip-6093), which wallets know.
/// @dev Storage: slot 0 balances, slot 1 allowances, slot 2 supply. Benchmarks and genesis files rely on it: an account's
/// balance is at keccak256(account ++ 0), both padded to 32 bytes. Heirs keep their description out of storage.
abstract contract ERC20 is IERC20 {
    /// @notice `sender` holds only `balance`, less than the `needed` amount.
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
    /// @notice `spender` may move only `allowance`, less than the `needed` amount.
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    /// @notice Tokens cannot go to `receiver` (the zero address).
    error ERC20InvalidReceiver(address receiver);
    /// @notice `spender` (the zero address) cannot be allowed anything.
    error ERC20InvalidSpender(address spender);

    /// @inheritdoc IERC20
    mapping(address account => uint256) public override balanceOf;

    /// @inheritdoc IERC20
    mapping(address owner => mapping(address spender => uint256)) public override allowance;

    /// @inheritdoc IERC20
    uint256 public override totalSupply;

    /// @inheritdoc IERC20
    function transfer(address to, uint256 amount) external override returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    /// @inheritdoc IERC20
    function approve(address spender, uint256 amount) external override returns (bool) {
        if (spender == address(0)) revert ERC20InvalidSpender(spender);
        allowance[msg.sender][spender] = amount;
        emit Approval(msg.sender, spender, amount);
        return true;
    }

    /// @inheritdoc IERC20
    /// @dev The greatest number as allowance means "without limit" and is not counted down.
    function transferFrom(address from, address to, uint256 amount) external override returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed != type(uint256).max) {
            if (allowed < amount) revert ERC20InsufficientAllowance(msg.sender, allowed, amount);
            unchecked {
                allowance[from][msg.sender] = allowed - amount;
            }
        }
        _move(from, to, amount);
        return true;
    }

    /// @dev Moves `amount`; emits {Transfer}.
    function _move(address from, address to, uint256 amount) internal {
        if (to == address(0)) revert ERC20InvalidReceiver(to);
        _debit(from, amount);
        // No overflow: the supply fits, and no balance exceeds the supply.
        unchecked {
            balanceOf[to] += amount;
        }
        emit Transfer(from, to, amount);
    }

    /// @dev Creates `amount` for `to`; emits {Transfer} from the zero address; reverts when the supply would overflow.
    function _mint(address to, uint256 amount) internal {
        if (to == address(0)) revert ERC20InvalidReceiver(to);
        totalSupply += amount;
        unchecked {
            balanceOf[to] += amount;
        }
        emit Transfer(address(0), to, amount);
    }

    /// @dev Destroys `amount` of `from`; emits {Transfer} to the zero address.
    function _burn(address from, uint256 amount) internal {
        _debit(from, amount);
        unchecked {
            totalSupply -= amount;
        }
        emit Transfer(from, address(0), amount);
    }

    /// @dev Takes `amount` from `from`'s balance.
    function _debit(address from, uint256 amount) private {
        uint256 balance = balanceOf[from];
        if (balance < amount) revert ERC20InsufficientBalance(from, balance, amount);
        unchecked {
            balanceOf[from] = balance - amount;
        }
    }
}
