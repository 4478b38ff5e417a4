# SPDX-License-Identifier: Apache-2.0
"""Transfers, contracts, events, failures and typed data through web3.py."""

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import (
    BadFunctionCallOutput,
    ContractCustomError,
    ContractLogicError,
    ContractPanicError,
    TransactionNotFound,
    Web3RPCError,
)

from conftest import artifact, mined


def test_connects(w3):
    assert w3.is_connected()
    assert int(w3.net.version) == w3.eth.chain_id
    assert w3.client_version


def test_a_node_holds_no_keys(w3, is_anvil):
    if is_anvil:
        pytest.skip("anvil: it holds the development keys")
    assert w3.eth.accounts == []


def test_transfer(user, w3):
    to = Account.create().address
    before = w3.eth.get_balance(user.address)
    receipt = user.send(to=to, value=12345)
    assert receipt.status == 1
    assert receipt.gasUsed == 21_000
    assert receipt.type == 2
    assert w3.eth.get_balance(to) == 12345
    assert w3.eth.get_balance(user.address) == before - 12345 - 21_000 * receipt.effectiveGasPrice
    found = w3.eth.get_transaction(receipt.transactionHash)
    assert found.value == 12345 and found["from"] == user.address
    with pytest.raises(TransactionNotFound):
        w3.eth.get_transaction(b"\xab" * 32)


def test_deployment_and_getters(user, desk, w3):
    contract, receipt = user.deploy("Desk", "Another", 5, value=3)
    assert receipt.contractAddress == contract.address
    assert contract.functions.title().call() == "Another"
    assert contract.functions.owner().call() == user.address
    assert w3.eth.get_balance(contract.address) == 3
    assert len(w3.eth.get_code(contract.address)) == len(HexBytes(artifact("Desk")["deployedBytecode"]))


def test_tuples_and_enums(desk, user):
    contact = (user.address, "Zoë – 会計", [1, 2**64 - 1])
    assert desk.functions.echo(contact, -(2**255), b"\x00\xff", 2).call() == [contact, -(2**255), b"\x00\xff", 2]


def test_events_in_receipts_and_in_logs(user, desk, w3):
    receipt = user.transact(desk.functions.fileMany(3, "by web3.py"))
    events = desk.events.Filed().process_receipt(receipt)
    assert [event.args.note for event in events] == ["by web3.py"] * 3
    found = desk.events.Filed.get_logs(from_block=receipt.blockNumber, argument_filters={"by": user.address})
    assert [event.logIndex for event in found] == [log.logIndex for log in receipt.logs]
    none = desk.events.Filed.get_logs(from_block=receipt.blockNumber, argument_filters={"by": Account.create().address})
    assert not none
    by_hash = w3.eth.get_logs({"blockHash": receipt.blockHash, "address": desk.address})
    assert len(by_hash) == 3 and not any(log.removed for log in by_hash)


def test_filters_are_polled(user, desk, w3):
    events = desk.events.Filed.create_filter(from_block="latest", argument_filters={"by": user.address})
    blocks = w3.eth.filter("latest")
    pending = w3.eth.filter("pending")
    receipt = user.transact(desk.functions.file("filtered"))
    assert "filtered" in [event.args.note for event in events.get_new_entries()]
    assert receipt.blockHash in blocks.get_new_entries()
    assert receipt.transactionHash in pending.get_new_entries()
    assert events.get_new_entries() == []
    assert w3.eth.uninstall_filter(events.filter_id)


def test_custom_errors(desk, user):
    for attempt in (desk.functions.take(11).call, desk.functions.take(11).estimate_gas):
        with pytest.raises(ContractCustomError) as caught:
            attempt({"from": user.address})
        data = HexBytes(caught.value.data)
        assert data[:4] == Web3.keccak(text="Refused(address,uint256,uint256)")[:4]
        assert [int.from_bytes(data[4 + n * 32 : 36 + n * 32], "big") for n in range(3)] == [int(user.address, 16), 11, 10]


def test_require_strings_panics_and_bare_reverts(desk):
    with pytest.raises(ContractLogicError, match="Desk: not positive – sorry"):
        desk.functions.positive(-1).call()
    with pytest.raises(ContractPanicError, match="0x11"):
        desk.functions.sum(200, 100).call()
    with pytest.raises(ContractPanicError, match="0x12"):
        desk.functions.ratio(1, 0).call()
    with pytest.raises(ContractPanicError, match="0x32"):
        desk.functions.numberAt(10_000).call()
    with pytest.raises(ContractLogicError):
        desk.functions.bare().call()


def test_a_failed_transaction(user, desk):
    receipt = user.transact(desk.functions.take(11), gas=100_000)
    assert receipt.status == 0 and receipt.logs == []


def test_no_contract_is_told_from_an_empty_answer(user, w3):
    nothing = w3.eth.contract(address=Account.create().address, abi=artifact("Desk")["abi"])
    with pytest.raises(BadFunctionCallOutput):
        nothing.functions.count().call()


def test_nonce_too_low_and_insufficient_funds(funded, w3):
    user = funded()
    user.send(to=user.address)
    base = {"to": user.address, "gas": 21_000, "maxFeePerGas": Web3.to_wei(50, "gwei"), "maxPriorityFeePerGas": Web3.to_wei(1, "gwei"), "chainId": w3.eth.chain_id}

    def attempt(**fields):
        return w3.eth.send_raw_transaction(user.account.sign_transaction({**base, **fields}).raw_transaction)

    with pytest.raises(Web3RPCError, match="nonce too low"):
        attempt(nonce=0, value=0)
    with pytest.raises(Web3RPCError, match="(?i)insufficient funds"):
        attempt(nonce=1, value=Web3.to_wei(5, "ether"))


def test_many_in_a_row_and_a_gap_that_is_filled(funded, w3):
    user = funded()
    to = Account.create().address
    base = {"to": to, "value": 1, "gas": 21_000, "maxFeePerGas": Web3.to_wei(50, "gwei"), "maxPriorityFeePerGas": Web3.to_wei(1, "gwei"), "chainId": w3.eth.chain_id}
    # Nonce 0 comes last: until then nothing can be mined.
    hashes = [
        w3.eth.send_raw_transaction(user.account.sign_transaction({**base, "nonce": nonce}).raw_transaction)
        for nonce in [*range(1, 12), 0]
    ]
    assert all(mined(w3, one).status == 1 for one in hashes)
    assert w3.eth.get_balance(to) == 12
    assert w3.eth.get_transaction_count(user.address) == 12


def test_replace_transaction(funded, w3):
    user = funded()
    fees = {"maxFeePerGas": Web3.to_wei(50, "gwei"), "maxPriorityFeePerGas": Web3.to_wei(1, "gwei")}
    base = {"to": user.address, "gas": 21_000, "chainId": w3.eth.chain_id, "nonce": 1, "value": 1}

    def signed(**fields):
        return user.account.sign_transaction({**base, **fields}).raw_transaction

    first = w3.eth.send_raw_transaction(signed(**fees))
    with pytest.raises(Web3RPCError, match="(?i)underpriced"):
        w3.eth.send_raw_transaction(signed(**fees, data="0x01", gas=30_000))
    second = w3.eth.send_raw_transaction(signed(**{name: fee * 2 for name, fee in fees.items()}))
    user.send(to=user.address, nonce=0, gas=21_000)
    assert mined(w3, second).status == 1
    with pytest.raises(TransactionNotFound):
        w3.eth.get_transaction_receipt(first)


def test_typed_data_is_verified_by_a_contract(user, w3):
    mail, _ = user.deploy("TypedMail")
    domain = {"name": "Typed Mail", "version": "1", "chainId": w3.eth.chain_id, "verifyingContract": mail.address}
    types = {
        "Person": [{"name": "name", "type": "string"}, {"name": "wallets", "type": "address[]"}],
        "Mail": [
            {"name": "from", "type": "Person"},
            {"name": "to", "type": "Person[]"},
            {"name": "contents", "type": "string"},
            {"name": "attachment", "type": "bytes"},
            {"name": "deadline", "type": "uint256"},
        ],
    }
    people = [{"name": name, "wallets": [Account.create().address for _ in range(count)]} for name, count in (("Ann", 2), ("Bo", 0), ("Ćeda", 3))]
    message = {"from": people[0], "to": people[1:], "contents": "hello", "attachment": b"\x01\x02", "deadline": 1}
    signature = user.account.sign_message(encode_typed_data(domain, types, message)).signature
    as_tuple = lambda person: (person["name"], person["wallets"])  # noqa: E731
    values = (as_tuple(people[0]), [as_tuple(one) for one in people[1:]], "hello", b"\x01\x02", 1)
    assert mail.functions.signerOf(values, signature).call() == user.address


def test_erc20_permit(user, funded, w3):
    token, _ = user.deploy("Token", 1000)
    spender = funded()
    domain = {"name": "Client Test Token", "version": "1", "chainId": w3.eth.chain_id, "verifyingContract": token.address}
    names = [("owner", "address"), ("spender", "address"), ("value", "uint256"), ("nonce", "uint256"), ("deadline", "uint256")]
    types = {"Permit": [{"name": name, "type": kind} for name, kind in names]}
    permit = {"owner": user.address, "spender": spender.address, "value": 250, "nonce": 0, "deadline": 2**48}
    signed = user.account.sign_message(encode_typed_data(domain, types, permit))
    far = spender.w3.eth.contract(address=token.address, abi=token.abi)
    sig = (signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"))
    spender.transact(far.functions.permit(user.address, spender.address, 250, 2**48, *sig))
    spender.transact(far.functions.transferFrom(user.address, spender.address, 200))
    assert token.functions.balanceOf(spender.address).call() == 200
    assert token.functions.allowance(user.address, spender.address).call() == 50
