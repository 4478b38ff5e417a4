# SPDX-License-Identifier: Apache-2.0
"""The node under test, as web3.py sees it: endpoints from the environment, accounts signed for locally."""

import json
import os
from pathlib import Path

import pytest
from eth_account import Account
from web3 import Web3
from web3.middleware import SignAndSendRawMiddlewareBuilder

Account.enable_unaudited_hdwallet_features()

MNEMONIC = "test test test test test test test test test test test junk"
# Each suite pays from its own development account; this is the one of web3.py.
PAYER = 5
CONTRACTS = Path(__file__).parent.parent / "contracts" / "out"
# No test passes or fails by speed: this long is waited for what must come, and then the node is at fault.
PATIENCE = 30


def endpoint(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        pytest.exit(f"{name} is not set: say where the node under test listens", returncode=2)
    return value


def connect() -> Web3:
    return Web3(Web3.HTTPProvider(endpoint("ENTENTE_RPC"), request_kwargs={"timeout": PATIENCE}))


def mined(w3: Web3, tx_hash):
    return w3.eth.wait_for_transaction_receipt(tx_hash, timeout=PATIENCE, poll_latency=0.05)


class User:
    """A fresh account and a web3 instance that signs for it."""

    def __init__(self, account):
        self.account = account
        self.address = account.address
        self.w3 = connect()
        self.w3.middleware_onion.inject(SignAndSendRawMiddlewareBuilder.build(account), layer=0)
        self.w3.eth.default_account = account.address

    def send(self, **transaction):
        return mined(self.w3, self.w3.eth.send_transaction({"from": self.address, **transaction}))

    def transact(self, function, **fields):
        return mined(self.w3, function.transact({"from": self.address, **fields}))

    def deploy(self, name: str, *args, **fields):
        built = artifact(name)
        contract = self.w3.eth.contract(abi=built["abi"], bytecode=built["bytecode"])
        receipt = self.transact(contract.constructor(*args), **fields)
        return self.w3.eth.contract(address=receipt.contractAddress, abi=built["abi"]), receipt


def artifact(name: str) -> dict:
    return json.loads((CONTRACTS / f"{name}.json").read_text())


@pytest.fixture(scope="session")
def w3() -> Web3:
    return connect()


@pytest.fixture(scope="session")
def is_anvil(w3) -> bool:
    return w3.client_version.lower().startswith("anvil")


@pytest.fixture(scope="session")
def payer() -> User:
    return User(Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{PAYER}"))


@pytest.fixture(scope="session")
def funded(payer):
    """Makes accounts that nobody used before, with ether on them."""

    def make(ether: str = "1") -> User:
        user = User(Account.create())
        payer.send(to=user.address, value=Web3.to_wei(ether, "ether"))
        return user

    return make


@pytest.fixture(scope="session")
def user(funded) -> User:
    return funded("3")


@pytest.fixture(scope="session")
def desk(user):
    contract, _ = user.deploy("Desk", "Desk of web3.py", 10)
    return contract
