// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import { ILetterOfCredit } from "../src/ILetterOfCredit.sol";
import { LetterOfCredit } from "../src/LetterOfCredit.sol";
import { TradeDeposit } from "../src/TradeDeposit.sol";
import { vm } from "../test/Vm.sol";

/// @title Deploys a letter of credit and plays it to the end
/// @notice `forge script script/LetterOfCredit.s.sol --rpc-url URL --broadcast --slow` sends every step as the party that takes it.
///
/// The nine parties, in the order of {ILetterOfCredit.Party}, are the first nine accounts of the mnemonic in `MNEMONIC`; without it,
/// of the one that anvil, Hardhat and Entente's development chain use, which everybody knows.
contract PlayLetterOfCredit {
    /// @notice What forge looks for to know a script.
    bool public constant IS_SCRIPT = true;

    string private constant DEVELOPMENT_MNEMONIC = "test test test test test test test test test test test junk";

    /// @dev 125,000.00 of the currency.
    uint256 private constant AMOUNT = 125_000_00;

    uint256[9] private _keys;
    LetterOfCredit private _credit;
    uint256 private _letterId;

    /// @notice Deploys both contracts, then takes the twelve steps.
    function run() external {
        string memory mnemonic = vm.envOr("MNEMONIC", DEVELOPMENT_MNEMONIC);
        for (uint32 i = 0; i < 9; i++) {
            _keys[i] = vm.deriveKey(mnemonic, i);
        }

        TradeDeposit deposit = _deploy();
        _request(deposit);
        _step(ILetterOfCredit.Party.ImporterBank, ILetterOfCredit.issue.selector, "Letter of credit");
        _step(ILetterOfCredit.Party.ExporterBank, ILetterOfCredit.advise.selector, "Advice");
        _step(ILetterOfCredit.Party.Exporter, ILetterOfCredit.declareReady.selector, "Commercial invoice");
        _step(ILetterOfCredit.Party.ExportControl, ILetterOfCredit.certifyExport.selector, "Export certificate");
        _step(ILetterOfCredit.Party.ShippingCompany, ILetterOfCredit.issueBillOfLading.selector, "Bill of lading");
        _step(ILetterOfCredit.Party.DepartingPort, ILetterOfCredit.confirmDeparture.selector, "Departure record");
        _step(ILetterOfCredit.Party.ArrivingPort, ILetterOfCredit.confirmArrival.selector, "Arrival record");
        _step(ILetterOfCredit.Party.Customs, ILetterOfCredit.clearCustoms.selector, "Customs clearance");
        _step(ILetterOfCredit.Party.Importer, ILetterOfCredit.confirmReceipt.selector, "Goods receipt");
        _step(ILetterOfCredit.Party.ImporterBank, ILetterOfCredit.releasePayment.selector, "Payment order");

        _as(ILetterOfCredit.Party.ExporterBank);
        deposit.approve(address(_credit), AMOUNT);
        vm.stopBroadcast();
        _step(ILetterOfCredit.Party.ExporterBank, ILetterOfCredit.passOnFunds.selector, "Credit advice");

        require(_credit.stateOf(_letterId) == ILetterOfCredit.State.Settled, "the letter is not settled");
        require(_credit.heldFor(_letterId) == 0, "the contract still holds funds");
    }

    /// @dev The importer's bank deploys both contracts, books the deposit and lets the contract take it.
    function _deploy() private returns (TradeDeposit deposit) {
        _as(ILetterOfCredit.Party.ImporterBank);
        deposit = new TradeDeposit("Importer's bank euro deposit", "dEUR", _account(ILetterOfCredit.Party.ImporterBank));
        _credit = new LetterOfCredit();
        deposit.mint(_account(ILetterOfCredit.Party.ImporterBank), AMOUNT);
        deposit.approve(address(_credit), AMOUNT);
        vm.stopBroadcast();
    }

    /// @dev The importer asks for the letter.
    function _request(TradeDeposit deposit) private {
        ILetterOfCredit.Parties memory parties = ILetterOfCredit.Parties({
            importer: _account(ILetterOfCredit.Party.Importer),
            importerBank: _account(ILetterOfCredit.Party.ImporterBank),
            exporterBank: _account(ILetterOfCredit.Party.ExporterBank),
            exporter: _account(ILetterOfCredit.Party.Exporter),
            exportControl: _account(ILetterOfCredit.Party.ExportControl),
            shippingCompany: _account(ILetterOfCredit.Party.ShippingCompany),
            departingPort: _account(ILetterOfCredit.Party.DepartingPort),
            arrivingPort: _account(ILetterOfCredit.Party.ArrivingPort),
            customs: _account(ILetterOfCredit.Party.Customs)
        });
        ILetterOfCredit.Terms memory terms = ILetterOfCredit.Terms({
            token: address(deposit), expiry: uint64(block.timestamp + 90 days), amount: AMOUNT
        });
        _as(ILetterOfCredit.Party.Importer);
        _letterId = _credit.request(parties, terms, _hash("Purchase order"), "Purchase order");
        vm.stopBroadcast();
    }

    /// @dev A party takes a step with a document.
    function _step(ILetterOfCredit.Party party, bytes4 selector, string memory document) private {
        _as(party);
        (bool success, bytes memory answer) =
            address(_credit).call(abi.encodeWithSelector(selector, _letterId, _hash(document), document));
        vm.stopBroadcast();
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    /// @dev The hash of a document of this letter: a stand-in for keccak256 over the bytes of a file.
    function _hash(string memory document) private view returns (bytes32) {
        return keccak256(abi.encode(address(_credit), document));
    }

    /// @dev What follows is sent by `party`.
    function _as(ILetterOfCredit.Party party) private {
        vm.startBroadcast(_keys[uint256(party)]);
    }

    function _account(ILetterOfCredit.Party party) private view returns (address) {
        return vm.addr(_keys[uint256(party)]);
    }
}
