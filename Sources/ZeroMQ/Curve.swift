// SPDX-License-Identifier: Apache-2.0
internal import CZeroMQ
internal import Glibc

/// A pair of keys for CURVE (RFC 26 of the ZeroMQ project), each 32 bytes written as 40 characters of Z85 (RFC 32).
///
/// The secret key does not show in descriptions, so that it does not end in a log by accident.
public struct CurveKeyPair: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// What peers may know.
  public let publicKey: String
  /// What only its owner may know.
  public let secretKey: String

  /// A new pair, drawn from the system's source of secrets: for keys only, never for anything simulated.
  ///
  /// - Throws: `ENOTSUP` when libzmq was built without CURVE.
  public static func generate() throws(ZeroMQError) -> CurveKeyPair {
    var publicKey = [CChar](repeating: 0, count: 41)
    var secretKey = publicKey
    guard zmq_curve_keypair(&publicKey, &secretKey) == 0 else { throw .last("generate a CURVE key pair") }
    return CurveKeyPair(publicKey: text(publicKey), secretKey: text(secretKey))
  }

  /// The pair that belongs to a secret key.
  ///
  /// - Throws: `EINVAL` when `secret` is not 40 characters of Z85, `ENOTSUP` when libzmq was built without CURVE.
  public init(secret: String) throws(ZeroMQError) {
    // The operation is named without the key.
    _ = try Self.decode(secret, "read a CURVE secret key")
    var publicKey = [CChar](repeating: 0, count: 41)
    guard zmq_curve_public(&publicKey, secret) == 0 else { throw .last("derive a CURVE public key") }
    self.init(publicKey: Self.text(publicKey), secretKey: secret)
  }

  private init(publicKey: String, secretKey: String) {
    self.publicKey = publicKey
    self.secretKey = secretKey
  }

  public var description: String { "CurveKeyPair(publicKey: \(publicKey))" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }

  /// Whether `key` is 32 bytes written in Z85.
  public static func isKey(_ key: String) -> Bool { (try? decode(key, "")) != nil }

  /// The 32 bytes of a key.
  static func decode(_ key: String, _ operation: String) throws(ZeroMQError) -> [UInt8] {
    let digits = Array(key.utf8)
    guard digits.count == 40 else {
      throw invalid(operation, "expected 40 characters of Z85, got \(digits.count) bytes")
    }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: 40, by: 5) {
      var value: UInt64 = 0
      for position in start..<start + 5 {
        guard let digit = alphabet.firstIndex(of: digits[position]) else {
          throw invalid(operation, "character \(position + 1) is not one of Z85")
        }
        value = value * 85 + UInt64(digit)
      }
      // 85^5 is more than 2^32: not every five characters are four bytes.
      guard let word = UInt32(exactly: value) else {
        throw invalid(operation, "characters \(start + 1) to \(start + 5) are more than four bytes in Z85")
      }
      for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
    }
    return bytes
  }

  private static let alphabet = Array(
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#".utf8)

  private static func invalid(_ operation: String, _ advice: String) -> ZeroMQError {
    ZeroMQError(errno: EINVAL, operation: operation, advice: advice)
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

extension Socket {
  /// Makes this socket accept only peers that know its public key, and encrypts what is exchanged. Set it before
  /// binding. Which peers those are is not asked: whoever holds the public key may connect, so hand it only to them.
  public func useCurveServer(_ keys: CurveKeyPair) throws(ZeroMQError) {
    try handle.set(ZMQ_CURVE_SERVER, to: Int32(1), "be a CURVE server")
    try setCurveKey(ZMQ_CURVE_SECRETKEY, keys.secretKey, "set the CURVE secret key")
  }

  /// Makes this socket talk only to the server with this public key, and encrypts what is exchanged. Set it before
  /// connecting.
  ///
  /// - Throws: `EINVAL` when `serverKey` is not 40 characters of Z85.
  public func useCurveClient(_ keys: CurveKeyPair, serverKey: String) throws(ZeroMQError) {
    try setCurveKey(ZMQ_CURVE_SERVERKEY, serverKey, "set the CURVE server key")
    try setCurveKey(ZMQ_CURVE_PUBLICKEY, keys.publicKey, "set the CURVE public key")
    try setCurveKey(ZMQ_CURVE_SECRETKEY, keys.secretKey, "set the CURVE secret key")
  }

  private func setCurveKey(_ option: Int32, _ key: String, _ operation: String) throws(ZeroMQError) {
    try handle.set(option, to: CurveKeyPair.decode(key, operation), operation)
  }
}
