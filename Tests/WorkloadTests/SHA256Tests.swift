// SPDX-License-Identifier: Apache-2.0

import Simulation
import Testing

/// Vectors of NIST (FIPS 180-4 examples; CAVP for the empty message).
@Suite struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      """
      abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno\
      ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu
      """, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ]) func vector(message: String, digest: String) {
    #expect(SHA256.hex(hashing: Array(message.utf8)) == digest)
  }

  @Test func aMillionTimesA() {
    var hash = SHA256()
    for _ in 0..<1000 { hash.update([UInt8](repeating: 97, count: 1000)) }
    #expect(SHA256.hex(hash.finalize()) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func piecesOfAnySizeGiveTheSameHash() {
    let message = (0..<300).map { UInt8($0 & 255) }
    for cut in 0...message.count {
      var hash = SHA256()
      hash.update(Array(message[..<cut]))
      hash.update(Array(message[cut...]))
      #expect(SHA256.hex(hash.finalize()) == SHA256.hex(hashing: message))
    }
  }
}
