// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// Checks EIP-712 signatures over nested structs, arrays and dynamic members: the shapes where encoders differ.
contract TypedMail {
    struct Person {
        string name;
        address[] wallets;
    }

    struct Mail {
        Person from;
        Person[] to;
        string contents;
        bytes attachment;
        uint256 deadline;
    }

    bytes32 private constant PERSON = keccak256("Person(string name,address[] wallets)");
    bytes32 private constant MAIL = keccak256(
        "Mail(Person from,Person[] to,string contents,bytes attachment,uint256 deadline)Person(string name,address[] wallets)"
    );

    function domainSeparator() public view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Typed Mail"),
                keccak256("1"),
                block.chainid,
                address(this)
            )
        );
    }

    function signerOf(Mail calldata mail, bytes calldata signature) external view returns (address) {
        require(signature.length == 65, "TypedMail: signature is not 65 bytes");
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domainSeparator(), hashMail(mail)));
        return ecrecover(digest, uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64]));
    }

    function hashMail(Mail calldata mail) public pure returns (bytes32) {
        bytes32[] memory to = new bytes32[](mail.to.length);
        for (uint256 i = 0; i < to.length; ++i) {
            to[i] = hashPerson(mail.to[i]);
        }
        return keccak256(
            abi.encode(
                MAIL,
                hashPerson(mail.from),
                keccak256(abi.encodePacked(to)),
                keccak256(bytes(mail.contents)),
                keccak256(mail.attachment),
                mail.deadline
            )
        );
    }

    function hashPerson(Person calldata person) private pure returns (bytes32) {
        // Members of an address array are padded to 32 bytes, as encodePacked does for arrays.
        return keccak256(
            abi.encode(PERSON, keccak256(bytes(person.name)), keccak256(abi.encodePacked(person.wallets)))
        );
    }
}
