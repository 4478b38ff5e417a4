// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import { ERC20 } from "../src/ERC20.sol";
import { ILetterOfCredit } from "../src/ILetterOfCredit.sol";

/// @notice Transfers, and answers nothing: as tokens older than the standard's last word do.
contract SilentToken {
    mapping(address account => uint256) public balanceOf;

    constructor(address holder, uint256 supply) {
        balanceOf[holder] = supply;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Answers false instead of reverting.
contract FalseToken {
    function balanceOf(address) external pure returns (uint256) {
        return 0;
    }

    function transferFrom(address, address, uint256) external pure returns (bool) {
        return false;
    }
}

/// @notice Reverts without saying why.
contract MuteToken {
    function balanceOf(address) external pure returns (uint256) {
        return 0;
    }

    function transferFrom(address, address, uint256) external pure returns (bool) {
        assembly ("memory-safe") {
            revert(0, 0)
        }
    }
}

/// @notice Keeps one unit of every transfer for itself.
contract FeeToken {
    mapping(address account => uint256) public balanceOf;

    constructor(address holder, uint256 supply) {
        balanceOf[holder] = supply;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        balanceOf[from] -= amount;
        balanceOf[to] += amount - 1;
        balanceOf[address(this)] += 1;
        return true;
    }
}

/// @notice A token and exporter's bank in one: when it is paid, it draws once more before the payment is done.
contract ReentrantBank {
    ILetterOfCredit private immutable CREDIT;

    mapping(address account => uint256) public balanceOf;

    /// @notice What the second draw was told.
    bytes public answer;

    uint256 private _letterId;

    constructor(ILetterOfCredit credit, address holder, uint256 supply) {
        CREDIT = credit;
        balanceOf[holder] = supply;
    }

    function draw(uint256 letterId) external {
        _letterId = letterId;
        CREDIT.drawPayment(letterId, keccak256("first claim"), "Claim");
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        bool success;
        (success, answer) = address(CREDIT)
            .call(abi.encodeCall(ILetterOfCredit.drawPayment, (_letterId, keccak256("second claim"), "Claim")));
        require(!success, "drawn twice");
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        return _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        return true;
    }
}
