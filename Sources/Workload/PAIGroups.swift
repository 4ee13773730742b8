// SPDX-License-Identifier: Apache-2.0

/// What PAI's table of group tags says of the instances of jobs, by `inst_id`: the group of jobs that are alike, the GPU
/// model that was asked for, and for some the kind of model trained.
///
/// As for tasks an instance is found by 80 bits of hashes of its name. Texts are kept once. 24 bytes an instance.
struct PAIGroups {
  struct Entry: NamedByHash {
    var hash: UInt64
    /// Index in `groups`, or -1.
    var group: Int32
    /// Which row it is: of two rows of one instance the first holds.
    var place: UInt32
    var second: UInt16
    /// Indices in `words`; 255 for none.
    var workload, model: UInt8
  }

  private var entries: [Entry] = []
  private var groups: [String] = []
  private var words: [String] = []
  private(set) var rows = 0
  private(set) var damaged = 0

  /// Reads the table: `inst_id,user,gpu_type_spec,group,workload`.
  init(_ input: inout TraceInput) throws(TraceError) {
    var record = Record()
    var known: [String: Int32] = [:]
    while try input.next(&record, .lines) {
      if record.isBlank { continue }
      record.split(at: .comma)
      if rows == 0, record.texts.first == "inst_id" { continue }
      rows += 1
      guard record.count == 5, !record.isEmpty(0) else {
        damaged += 1
        continue
      }
      var group: Int32 = -1
      if let text = record.label(3) {
        if let found = known[text] {
          group = found
        } else {
          group = Int32(groups.count)
          groups.append(text)
          known[text] = group
        }
      }
      let name = record.slice(0)
      entries.append(
        Entry(
          hash: IdentityHash.of(name), group: group, place: UInt32(clamping: rows), second: IdentityHash.second(name),
          workload: word(record.label(4)), model: word(record.label(2))))
    }
    entries.sort { ($0.hash, $0.second, $0.place) < ($1.hash, $1.second, $1.place) }
  }

  /// Kinds of model and of GPU are few; what comes after the first 255 of them is left out.
  private mutating func word(_ text: String?) -> UInt8 {
    guard let text else { return 255 }
    if let index = words.firstIndex(of: text) { return UInt8(index) }
    guard words.count < 255 else { return 255 }
    words.append(text)
    return UInt8(words.count - 1)
  }

  func group(of entry: Entry) -> String? { entry.group < 0 ? nil : groups[Int(entry.group)] }
  func model(of entry: Entry) -> String? { entry.model == 255 ? nil : words[Int(entry.model)] }
  func workload(of entry: Entry) -> String? { entry.workload == 255 ? nil : words[Int(entry.workload)] }

  func find(_ name: ArraySlice<UInt8>) -> Entry? { entries.find(name) }
}
