// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title The cheatcodes of forge that these tests and scripts use
/// @notice A part of the interface that Foundry documents (https://getfoundry.sh/reference/cheatcodes/overview); the whole of it
/// comes with forge-std, which npm does not carry.
interface Vm {
    /// @notice A log as recorded: topics include the event's signature.
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    // Who calls, and when.
    function prank(address sender) external;
    function warp(uint256 time) external;

    // What happened.
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
    function expectRevert(bytes calldata data) external;

    // Accounts and keys.
    function label(address account, string calldata name) external;
    function addr(uint256 key) external pure returns (address);
    function deriveKey(string calldata mnemonic, uint32 index) external pure returns (uint256);

    // Fuzzing.
    function assume(bool condition) external pure;

    // Expectations.
    function assertTrue(bool condition, string calldata what) external pure;
    function assertEq(uint256 left, uint256 right, string calldata what) external pure;
    function assertEq(address left, address right, string calldata what) external pure;
    function assertEq(bytes32 left, bytes32 right, string calldata what) external pure;
    function assertEq(string calldata left, string calldata right, string calldata what) external pure;
    function assertEq(bytes calldata left, bytes calldata right, string calldata what) external pure;

    // Scripts.
    function envOr(string calldata name, string calldata otherwise) external view returns (string memory);
    function startBroadcast(uint256 key) external;
    function stopBroadcast() external;
}

/// @dev Where forge answers cheatcodes: the address of keccak256("hevm cheat code").
Vm constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
