// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// The code that an account takes on by a set-code transaction (EIP-7702): it makes several calls in one transaction.
contract Batcher {
    struct Call {
        address to;
        uint256 value;
        bytes data;
    }

    error NotSelf(address caller);

    event Executed(uint256 calls);

    receive() external payable {}

    function execute(Call[] calldata calls) external payable {
        // The account that was delegated calls itself; nobody else may spend for it.
        if (msg.sender != address(this)) revert NotSelf(msg.sender);
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool ok, bytes memory answer) = calls[i].to.call{value: calls[i].value}(calls[i].data);
            if (!ok) {
                assembly {
                    revert(add(answer, 32), mload(answer))
                }
            }
        }
        emit Executed(calls.length);
    }
}
