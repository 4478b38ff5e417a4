// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// Says how to reach an account; a nested type, so that clients must decode tuples of dynamic members.
struct Contact {
    address account;
    string name;
    uint64[] rooms;
}

/// A contract with one small piece of everything that a client library decodes: values, tuples, events, every kind of failure.
contract Desk {
    enum Mood {
        Calm,
        Busy,
        Closed
    }

    event Filed(uint256 indexed number, address indexed by, string note);
    /// An indexed dynamic value stands in the topics as its hash.
    event Labelled(string indexed labelHash, bytes32 indexed tag, Contact contact);
    event Anonymised(uint256 value) anonymous;
    event Received(address indexed from, uint256 value);

    error Refused(address by, uint256 asked, uint256 allowed);
    error Closed();
    error Nested(Contact contact, bytes data);

    uint256 public count;
    uint256 public immutable ceiling;
    address public immutable owner;
    mapping(address => uint256) public filedBy;
    mapping(uint256 => bytes32) public slots;
    uint256[] private numbers;
    string public title;

    constructor(string memory title_, uint256 ceiling_) payable {
        require(ceiling_ != 0, "Desk: no ceiling");
        title = title_;
        ceiling = ceiling_;
        owner = msg.sender;
    }

    receive() external payable {
        emit Received(msg.sender, msg.value);
    }

    function file(string calldata note) external returns (uint256 number) {
        number = ++count;
        filedBy[msg.sender] += 1;
        numbers.push(number);
        emit Filed(number, msg.sender, note);
    }

    function fileMany(uint256 times, string calldata note) external {
        for (uint256 i = 0; i < times; ++i) {
            uint256 number = ++count;
            emit Filed(number, msg.sender, note);
        }
    }

    function label(string calldata text, bytes32 tag, Contact calldata contact) external {
        emit Labelled(text, tag, contact);
    }

    function whisper(uint256 value) external {
        emit Anonymised(value);
    }

    function set(uint256 key, bytes32 value) external {
        slots[key] = value;
    }

    function echo(Contact calldata contact, int256 number, bytes calldata data, Mood mood)
        external
        pure
        returns (Contact memory, int256, bytes memory, Mood)
    {
        return (contact, number, data, mood);
    }

    function surroundings()
        external
        view
        returns (uint256 chain, uint256 number, uint256 time, uint256 baseFee, uint256 gasLimit, address coinbase, uint256 randao)
    {
        return (
            block.chainid, block.number, block.timestamp, block.basefee, block.gaslimit, block.coinbase, block.prevrandao
        );
    }

    function hashOf(uint256 number) external view returns (bytes32) {
        return blockhash(number);
    }

    function caller() external view returns (address, uint256 balance) {
        return (msg.sender, msg.sender.balance);
    }

    // Failures. Each is reached by eth_call, eth_estimateGas and by a transaction.

    function take(uint256 amount) external {
        if (amount > ceiling) revert Refused(msg.sender, amount, ceiling);
        count += amount;
    }

    function closed() external pure {
        revert Closed();
    }

    function nested(Contact calldata contact, bytes calldata data) external pure {
        revert Nested(contact, data);
    }

    function positive(int256 value) external pure returns (int256) {
        require(value > 0, unicode"Desk: not positive – sorry");
        return value;
    }

    function bare() external pure {
        // solhint-disable-next-line reason-string
        revert();
    }

    function asserted(bool value) external pure {
        assert(value);
    }

    function sum(uint8 a, uint8 b) external pure returns (uint8) {
        return a + b;
    }

    function ratio(uint256 a, uint256 b) external pure returns (uint256) {
        return a / b;
    }

    function numberAt(uint256 index) external view returns (uint256) {
        return numbers[index];
    }

    function mood(uint256 value) external pure returns (Mood) {
        return Mood(value);
    }

    function pop() external {
        numbers.pop();
    }

    function spin() external pure returns (uint256 turns) {
        while (true) {
            unchecked {
                ++turns;
            }
        }
    }

    function invalid() external pure {
        assembly {
            invalid()
        }
    }

    /// Deploys a small contract at an address known beforehand (CREATE2).
    function open(bytes32 salt) external returns (address) {
        return address(new Drawer{salt: salt}());
    }
}

/// What `Desk.open` deploys.
contract Drawer {
    address public immutable desk = msg.sender;
    uint256 public content;

    function put(uint256 value) external {
        content = value;
    }
}
