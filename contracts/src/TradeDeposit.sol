// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import { ERC20 } from "./ERC20.sol";

/// @title A bank's deposits as a token, to settle trade with
/// @notice Each token is a claim on the bank that issued it: one cent of the currency that the name says. The bank mints when it
/// books a deposit and pays out when a holder redeems. Networks of banks mostly charge no gas and hold no native coin, so money
/// is a token like this one.
contract TradeDeposit is ERC20 {
    /// @notice `caller` asked for what only `issuer` may do.
    error NotIssuer(address caller, address issuer);

    /// @notice `holder` gave up `amount` and asks the bank for its money; `paymentReference` is the holder's, for the
    /// bank's payment order (an ISO 20022 end-to-end identification, say).
    event Redeemed(address indexed holder, uint256 amount, bytes32 indexed paymentReference);

    /// @notice Digits after the decimal point that a user interface shows: the smallest unit is a cent.
    uint8 public constant decimals = 2;

    /// @notice The bank that owes what the tokens say.
    address public immutable issuer;

    /// @notice What the token is called.
    string public name;

    /// @notice The short name of the token.
    string public symbol;

    /// @param tokenName what the token is called, "Bank of Rotterdam euro deposit"
    /// @param tokenSymbol the short name, "dEUR"
    /// @param bank the bank that may mint and owes the money
    constructor(string memory tokenName, string memory tokenSymbol, address bank) {
        name = tokenName;
        symbol = tokenSymbol;
        issuer = bank;
    }

    /// @notice Books a deposit of `amount` cents for `to`.
    /// Called by the issuer; emits Transfer; reverts with {NotIssuer} for anyone else.
    function mint(address to, uint256 amount) external {
        if (msg.sender != issuer) revert NotIssuer(msg.sender, issuer);
        _mint(to, amount);
    }

    /// @notice Gives up `amount` cents against payment outside the chain.
    /// Called by any holder; emits Transfer and {Redeemed}; reverts with ERC20InsufficientBalance.
    function redeem(uint256 amount, bytes32 paymentReference) external {
        _burn(msg.sender, amount);
        emit Redeemed(msg.sender, amount, paymentReference);
    }
}
