// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing
import Workload

/// Files that are no trace, and requests that make no sense: errors that say what to do, never a crash.
@Suite struct RefusalTests {
  @Test func missingEmptyAndFolder() {
    #expect(throws: TraceError.self) { try TraceReader.read(path: "/nonexistent/trace.csv") }
    #expect(throws: TraceError.self) { try TraceReader.read(path: "/tmp") }
    #expect(refusal("")?.found == "an empty file")
  }

  @Test func headerWithoutRowsOrWithoutJobs() {
    #expect(refusal("job_id,submit_s,gpus,duration_s\n")?.found == "no rows")
    let error = refusal("job_id,submit_s,gpus,duration_s\na,0,0,5\nb,x,1,5\n")
    #expect(error?.found == "none in 2 rows (1 unreadable-submit, 1 no-gpu)")
    #expect(refusal("; MaxProcs: 4\n", .swf)?.found == "no rows")
  }

  @Test func theWrongHeaderNamesTheColumn() {
    let error = refusal("job_id,submit_time,duration,num_gpu,vc\n0,0,348,1,x\n", .philly)
    #expect(error?.line == 1)
    #expect(error?.field == "column 'timestamp'")
    #expect(refusal("job_id,submit_time,duration,num_gpu,vc\n0,0,348,1,x\n", .auto)?.advice.contains("native") == true)
  }

  @Test func unknownNames() {
    #expect(throws: TraceError.self) { try TraceFormat.named("phily") }
    #expect(throws: TraceError.self) { try SynthesisProfile.named("pai") }
    #expect(refusal("x\n1\n", .helios)?.field == "column 'job_id'")
    let model = refusal("job_id,submit_s,gpus,duration_s,model\na,0,1,9,resnet-50\nb,0,1,9,resnet-51\n")
    #expect(model?.line == 3)
    #expect(model?.field == "model")
  }

  @Test func compressedAndBinaryFilesAreNotRows() {
    #expect(refusal([0x1F, 0x8B, 8, 0, 1, 2])?.expected == "a whole gzip file")
    #expect(refusal([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0])?.expected == "a whole xz file")
    #expect(refusal([0x28, 0xB5, 0x2F, 0xFD, 1])?.found == "a zstd file")
    #expect(refusal([1, 0, 2, 0, 10, 3])?.found == "bytes that are no text")
    #expect(refusal([1, 0, 2, 0, 10, 3])?.line == 1)
    // Junk behind a good header is counted, whatever it is.
    var bytes = Array("job_id,submit_s,gpus,duration_s\na,0,1,9\n".utf8)
    for k in 0..<5000 { bytes.append(UInt8((k &* 7919 >> 3) % 255 + 1)) }
    let file = TemporaryFile(bytes)
    let result = try? TraceReader.read(path: file.path)
    #expect(result?.account.isComplete == true)
    #expect(result?.jobs.first?.id == "a")
  }

  @Test func aLineWithoutEndIsRefusedEarly() {
    var bytes = Array("job_id,submit_s,gpus,duration_s\na,0,1,9\n".utf8)
    bytes.append(contentsOf: repeatElement(UInt8(ascii: "7"), count: 5_000_000))
    let error = refusal(bytes)
    #expect(error?.line == 3)
    #expect(error?.expected.contains("1048576 bytes") == true)
    // A line just below the limit is only a bad row.
    let header = Array("job_id,submit_s,gpus,duration_s\na,0,1,9\n".utf8)
    let long = [UInt8](repeating: UInt8(ascii: "7"), count: 1_000_000)
    let file = TemporaryFile(header + long + [10] + Array("b,1,1,9\n".utf8))
    let result = try? TraceReader.read(path: file.path)
    #expect(result?.jobs.map(\.id) == ["a", "b"])
    #expect(result?.account.count(of: .tooFewFields) == 1)
  }

  @Test func numbersThatNoMachineHolds() throws {
    let nines = String(repeating: "9", count: 60)
    let account = try trace(
      "job_id,submit_s,gpus,duration_s\na,0,1,9\nb,\(nines),1,9\nc,0,\(nines),9\nd,0,1,\(nines)\ne,1e300,1,9\n"
        + "f,1e15,1,9\ng,0,1e11,9\n"
    ).account
    #expect(account.jobs == 1)
    #expect(account.count(of: .unreadableSubmit) == 2)
    #expect(account.count(of: .unreadableGPUs) == 2)
    #expect(account.count(of: .unreadableDuration) == 1)
    #expect(account.count(of: .beyondTimeSpan) == 1)
  }
}
