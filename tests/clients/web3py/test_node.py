# SPDX-License-Identifier: Apache-2.0
"""Transaction types, fees, blocks, batches, overrides, proofs and subscriptions through web3.py."""

import asyncio

import pytest
from eth_account import Account
from hexbytes import HexBytes
from web3 import AsyncWeb3, Web3, WebSocketProvider
from web3.providers.persistent import AsyncIPCProvider
from web3.utils.subscriptions import LogsSubscription, NewHeadsSubscription, PendingTxSubscription

from conftest import PATIENCE, artifact, endpoint, mined


def test_legacy_transaction(user, w3):
    price = w3.eth.gas_price * 2
    receipt = user.send(to=user.address, gasPrice=price, gas=21_000)
    assert receipt.type == 0 and receipt.effectiveGasPrice == price


def test_access_list(user, desk, w3):
    call = desk.functions.set(7, b"\x01" * 32).build_transaction({"from": user.address, "gas": 200_000})
    answer = w3.eth.create_access_list({"from": user.address, "to": desk.address, "data": call["data"]})
    assert [entry.address for entry in answer.accessList] == [desk.address]
    entries = [{"address": entry.address, "storageKeys": [HexBytes(key).to_0x_hex() for key in entry.storageKeys]} for entry in answer.accessList]
    receipt = user.send(to=desk.address, data=call["data"], accessList=entries, gasPrice=w3.eth.gas_price * 2, gas=200_000)
    assert receipt.status == 1 and receipt.type == 1
    assert receipt.gasUsed == answer.gasUsed


def test_set_code(funded, user, w3):
    batcher, _ = user.deploy("Batcher")
    account = funded()
    chain_id = w3.eth.chain_id
    to = Account.create().address

    def delegate(address, data="0x"):
        nonce = w3.eth.get_transaction_count(account.address)
        authorization = account.account.sign_authorization({"chainId": chain_id, "address": address, "nonce": nonce + 1})
        fields = {"chainId": chain_id, "nonce": nonce, "gas": 300_000, "maxFeePerGas": Web3.to_wei(50, "gwei"), "maxPriorityFeePerGas": Web3.to_wei(1, "gwei")}
        transaction = {**fields, "to": account.address, "value": 0, "data": data, "authorizationList": [authorization]}
        return mined(w3, w3.eth.send_raw_transaction(account.account.sign_transaction(transaction).raw_transaction))

    data = w3.eth.contract(abi=artifact("Batcher")["abi"]).encode_abi("execute", args=[[(to, 5, b"")]])
    receipt = delegate(batcher.address, data)
    assert receipt.status == 1 and receipt.type == 4
    assert w3.eth.get_balance(to) == 5
    assert w3.eth.get_code(account.address) == HexBytes("0xef0100" + batcher.address[2:])
    delegate("0x" + "00" * 20)
    assert w3.eth.get_code(account.address) == b""


def test_fees(user, w3):
    user.send(to=user.address)
    history = w3.eth.fee_history(2, "latest", [25, 75])
    assert len(history.baseFeePerGas) == len(history.gasUsedRatio) + 1
    newest = history.oldestBlock + len(history.gasUsedRatio) - 1
    assert history.baseFeePerGas[-2] == w3.eth.get_block(newest).baseFeePerGas
    assert w3.eth.max_priority_fee >= 0
    assert w3.eth.gas_price >= 1


def test_blocks_and_tags(user, w3):
    receipt = user.send(to=user.address)
    block = w3.eth.get_block(receipt.blockHash, full_transactions=True)
    assert block.transactions[receipt.transactionIndex].hash == receipt.transactionHash
    assert w3.eth.get_block_transaction_count(receipt.blockHash) == len(block.transactions)
    assert [one.transactionHash for one in w3.eth.get_block_receipts(receipt.blockHash)] == [one.hash for one in block.transactions]
    finalized, safe, latest = (w3.eth.get_block(tag).number for tag in ("finalized", "safe", "latest"))
    assert finalized <= safe <= latest
    assert w3.eth.get_block("earliest").number == 0
    assert w3.eth.get_block("pending").number >= latest


def test_batch(desk, user, w3):
    near = w3.eth.contract(address=desk.address, abi=desk.abi)
    with w3.batch_requests() as batch:
        batch.add(w3.eth.get_balance(user.address))
        batch.add(w3.eth.get_block("latest"))
        batch.add(near.functions.title())
        balance, block, title = batch.execute()
    assert balance > 0 and block.number > 0 and title == "Desk of web3.py"


def test_state_override(desk, w3):
    stranger = Account.create().address
    _, balance = desk.functions.caller().call({"from": stranger}, state_override={stranger: {"balance": hex(10**18)}})
    assert balance == 10**18
    slot = "0x" + "00" * 32
    assert desk.functions.count().call({}, state_override={desk.address: {"stateDiff": {slot: "0x" + "63".rjust(64, "0")}}}) == 99


def test_simulate(w3):
    rich, poor = Account.create().address, Account.create().address
    calls = [{"from": rich, "to": poor, "value": Web3.to_wei(1, "ether")}, {"from": poor, "to": rich, "value": 1}]
    [block] = w3.eth.simulate_v1({"blockStateCalls": [{"stateOverrides": {rich: {"balance": hex(10**19)}}, "calls": calls}]}, "latest")
    assert [call.status for call in block.calls] == [1, 1]
    assert block.calls[0].gasUsed == 21_000


def test_proof(desk, w3, is_anvil):
    # web3.py sends a number as the shortest hex, which geth takes for a slot and anvil refuses.
    slot = "0x" + "00" * 32 if is_anvil else 0
    proof = w3.eth.get_proof(desk.address, [slot], "latest")
    assert proof.address == desk.address
    assert proof.codeHash == Web3.keccak(w3.eth.get_code(desk.address))
    assert Web3.keccak(proof.accountProof[0]) == w3.eth.get_block("latest").stateRoot
    assert proof.storageHash == Web3.keccak(proof.storageProof[0].proof[0])


async def subscriptions(provider, user, desk):
    """Subscribes to heads, logs and pending transactions; sends until each has come; gives what came."""
    seen = {"heads": [], "logs": [], "pending": []}
    async with AsyncWeb3(provider) as socket:

        def collect(kind):
            async def handler(context):
                seen[kind].append(context.result)

            return handler

        await socket.subscription_manager.subscribe(
            [
                NewHeadsSubscription(handler=collect("heads")),
                LogsSubscription(address=desk.address, handler=collect("logs")),
                PendingTxSubscription(handler=collect("pending")),
            ]
        )
        reader = asyncio.create_task(socket.subscription_manager.handle_subscriptions(run_forever=True))
        receipt = await asyncio.to_thread(user.transact, desk.functions.file("live"))
        end = asyncio.get_running_loop().time() + PATIENCE
        complete = lambda: (  # noqa: E731
            any(head["hash"] == receipt.blockHash for head in seen["heads"])
            and any(log["transactionHash"] == receipt.transactionHash for log in seen["logs"])
            and receipt.transactionHash in seen["pending"]
        )
        while not complete():
            assert asyncio.get_running_loop().time() < end, f"waited in vain; came: {seen}"
            assert not reader.done(), reader.exception()
            await asyncio.sleep(0.05)
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        await socket.subscription_manager.unsubscribe_all()
        assert await socket.eth.block_number >= receipt.blockNumber
    return seen


def test_subscriptions_over_websocket(user, desk):
    seen = asyncio.run(subscriptions(WebSocketProvider(endpoint("ENTENTE_WS")), user, desk))
    [note] = [desk.events.Filed().process_log(log).args.note for log in seen["logs"]]
    assert note == "live"


def test_subscriptions_over_ipc(user, desk):
    asyncio.run(subscriptions(AsyncIPCProvider(endpoint("ENTENTE_IPC")), user, desk))


def test_ipc(w3):
    assert Web3(Web3.IPCProvider(endpoint("ENTENTE_IPC"))).eth.chain_id == w3.eth.chain_id
