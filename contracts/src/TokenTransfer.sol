// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import { IERC20 } from "./IERC20.sol";

/// @title Transfers that happen or revert
/// @notice ERC-20 tokens fail in three ways: they revert, they return false, or (older ones) they return nothing in either case.
/// These calls revert unless the token did what was asked; a token's own error reaches the caller as it is.
library TokenTransfer {
    /// @notice `token` refused a transfer without an error of its own.
    error TransferRefused(address token);

    /// @notice Moves `amount` of what this contract holds to `to`.
    function push(address token, address to, uint256 amount) internal {
        _call(token, abi.encodeCall(IERC20.transfer, (to, amount)));
    }

    /// @notice Moves `amount` from `from` to `to`, within what `from` has allowed this contract.
    function move(address token, address from, address to, uint256 amount) internal {
        _call(token, abi.encodeCall(IERC20.transferFrom, (from, to, amount)));
    }

    /// @dev A call of `token` that must succeed and return nothing or true.
    function _call(address token, bytes memory data) private {
        (bool success, bytes memory answer) = token.call(data);
        if (!success) {
            if (answer.length == 0) revert TransferRefused(token);
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        if (answer.length == 0 ? token.code.length == 0 : !_isTrue(answer)) revert TransferRefused(token);
    }

    /// @dev Whether an answer is the word 1; anything else is no promise.
    function _isTrue(bytes memory answer) private pure returns (bool) {
        return answer.length >= 32 && abi.decode(answer, (uint256)) == 1;
    }
}
