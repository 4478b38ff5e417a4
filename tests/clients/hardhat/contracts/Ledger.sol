// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

/// A contract behind a proxy: entries are kept over upgrades.
contract Ledger is OwnableUpgradeable, UUPSUpgradeable {
    event Entered(uint256 indexed number, string text);

    error Empty();

    string[] internal entries;

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    function initialize(address owner) public initializer {
        __Ownable_init(owner);
    }

    function enter(string calldata text) external {
        if (bytes(text).length == 0) revert Empty();
        entries.push(text);
        emit Entered(entries.length, text);
    }

    function count() external view returns (uint256) {
        return entries.length;
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}
}

/// The same with one function and one variable more: an upgrade that is allowed.
contract LedgerV2 is Ledger {
    uint256 public version;

    function second() external reinitializer(2) {
        version = 2;
    }

    function entry(uint256 number) external view returns (string memory) {
        return entries[number - 1];
    }
}

/// Puts another variable where the entries are: an upgrade that must be refused.
contract LedgerBroken is OwnableUpgradeable, UUPSUpgradeable {
    uint256 public somethingElse;
    string[] internal entries;

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    function initialize(address owner) public initializer {
        __Ownable_init(owner);
    }

    function _authorizeUpgrade(address) internal override onlyOwner {}
}
