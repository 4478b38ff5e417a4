// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// The cheat codes of forge that are used here.
interface Vm {
    function activeFork() external view returns (uint256);
    function assume(bool condition) external pure;
    function broadcast(uint256 key) external;
    function addr(uint256 key) external pure returns (address);
    function deal(address account, uint256 balance) external;
    function envAddress(string calldata name) external view returns (address);
    function envOr(string calldata name, bool fallbackValue) external view returns (bool);
    function envUint(string calldata name) external view returns (uint256);
    function expectEmit(bool topic1, bool topic2, bool topic3, bool data) external;
    function expectRevert(bytes calldata data) external;
    function prank(address sender) external;
    function startBroadcast(uint256 key) external;
    function startPrank(address sender) external;
    function stopBroadcast() external;
    function stopPrank() external;
}

Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
