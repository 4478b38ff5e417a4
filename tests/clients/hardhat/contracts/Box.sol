// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// For proxies that an admin or a beacon upgrades.
contract Box {
    uint256 public value;

    function initialize(uint256 first) external {
        require(value == 0, "Box: initialized");
        value = first;
    }
}

contract BoxV2 is Box {
    function increment() external {
        value += 1;
    }
}
