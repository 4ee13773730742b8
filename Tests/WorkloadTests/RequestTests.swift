// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing
import Workload

@Suite struct RequestTests {
  static func read(_ text: String, _ format: TraceFormat = .auto, _ window: TraceWindow = TraceWindow()) throws
    -> RequestTrace
  {
    let file = TemporaryFile(text)
    let result = try TraceReader.readRequests(path: file.path, format: format, window: window)
    #expect(result.account.isComplete && result.account.jobs == result.requests.count)
    return result
  }

  /// CRLF, seven fractional digits, no line end behind the last row.
  @Test func azure() throws {
    let result = try Self.read(
      "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,4808,10\r\n"
        + "2023-11-16 18:17:04.0000001,3180,8\r\n2023-11-16 19:17:04+01:00,1,2\r\n2023-11-16 18:17:05,12.5,8\r\n"
        + "2023-11-16 18:17:05,-1,8\r\n2023-11-16 18:17:05.5,10,0")
    #expect(result.account.format == "azure-llm")
    let midnight = Int64(18 * 3600 + 17 * 60) * Time.ticksPerSecond
    #expect(
      result.requests.map { $0.arrival.ticks - midnight } == [
        397_996_000_000, 400_000_000_000, 400_000_010_000, 550_000_000_000,
      ])
    #expect(result.requests.map(\.inputTokens) == [4808, 1, 3180, 10])
    #expect(result.account.count(of: .unreadableTokens) == 2)
  }

  @Test func mooncake() throws {
    let result = try Self.read(
      #"{"timestamp": 0, "input_length": 600, "output_length": 5, "hash_ids": [0, 7]}"# + "\n"
        + #"{"timestamp": 2999, "input_length": 10, "output_length": 5, "hash_ids": []}"# + "\n"
        + #"{"timestamp": 2999, "input_length": 10, "output_length": 5, "hash_ids": [4294967296]}"# + "\n"
        + #"{"timestamp": 2999, "input_length": 10, "hash_ids": [1]}"# + "\n"
        + #"{"timestamp": 3000, "input_le"#)
    #expect(result.requests.map { $0.arrival.seconds } == [0, 2.999])
    #expect(result.requests.map(\.blocks) == [[0, 7], []] && result.blockTokens == 512)
    #expect(
      result.account.skipped.map { "\($0.reason.rawValue) \($0.count)" }
        == ["torn-last-line 1", "unreadable-field 1", "unreadable-tokens 1"])
    #expect(result.account.notes.contains { $0.hasSuffix("do not add up to their input: 1") })
  }

  @Test func burstGPT() throws {
    let old = try Self.read(
      "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,Conversation log\n"
        + "45,GPT-4,1087,0,1087,API log\n")
    #expect(old.requests.map(\.outputTokens) == [18, 0] && old.models == ["ChatGPT", "GPT-4"])
    #expect(old.requests.map(\.model) == [0, 1] && old.sessions == 0 && old.requests[0].session == nil)
    let new = try Self.read(
      "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
        + "5.5,s9,1.2,GPT-4,1,2,3,x\n4,s3,1.2,GPT-4,1,2,3,x\n6,s9,1.2,GPT-4,1,2,3,x\n7,,1.2,GPT-4,1,2,3,x\n")
    #expect(new.requests.map(\.session) == [1, 0, 0, nil] && new.sessions == 2)
    #expect(new.requests.map { $0.arrival.seconds } == [4, 5.5, 6, 7])
  }

  @Test func ownFormatGoesRoundInBothSpellings() throws {
    let text =
      "arrival_s,input_tokens,output_tokens,session,model,blocks\n0.5,10,3,0,GPT-4,1 2\n1,600,4,,,\n2,7,1,1,\"a, b\",9\n"
    let result = try Self.read(text)
    #expect(result.models == ["GPT-4", "a, b"] && result.requests[0].blocks == [1, 2])
    let file = TemporaryFile()
    try NativeTrace.write(requests: result, to: file.path)
    let again = try TraceReader.readRequests(path: file.path)
    #expect(again.requests == result.requests && again.models == result.models)
    #expect(readLines(file.path).joined(separator: "\n") + "\n" == text)
    let lines = try Self.read(
      #"{"arrival_s": 0.5, "input_tokens": 10, "output_tokens": 3, "session": "x", "model": "GPT-4", "blocks": [1, 2]}"#
    )
    #expect(lines.requests[0] == result.requests[0])
  }

  @Test func windowsAndTheWrongKind() throws {
    let text = "arrival_s,input_tokens,output_tokens\n1,1,1\n5,2,1\n9,3,1\n"
    let window = try Self.read(text, .auto, TraceWindow(start: "4", length: .seconds(Int64(5))))
    #expect(window.requests.map(\.inputTokens) == [2] && window.requests[0].arrival == .seconds(Int64(1)))
    #expect(refusal(text)?.found == "a stream of requests (requests)")
    let jobs = TemporaryFile("job_id,submit_s,gpus,duration_s\na,0,1,9\n")
    #expect(throws: TraceError.self) { try TraceReader.readRequests(path: jobs.path) }
  }
}
