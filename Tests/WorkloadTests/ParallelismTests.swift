// SPDX-License-Identifier: Apache-2.0

import Simulation
import Testing
import Workload

@Suite struct ParallelismTests {
  @Test(arguments: [
    "data", "data(overlap=none)", "data(precision=32)", "pipeline(micro_batches=8, stages=4, in_flight=6)", "diloco",
    "diloco(local_steps=500, overlap_steps=500, precision=4, compression=2)", "streaming-diloco",
    "streaming-diloco( fragment_layers = 5 )",
  ])
  func textComesBack(text: String) throws {
    let value = try Parallelism(parsing: text)
    #expect(try Parallelism(parsing: value.text) == value)
    var writer = ByteWriter()
    writer.write(value)
    var reader = ByteReader(writer.bytes)
    #expect(try reader.read() as Parallelism == value)
  }

  @Test func everyDefaultIsWrittenOut() throws {
    #expect(Parallelism.data.text == "data(overlap=layers, precision=16)")
    #expect(
      Parallelism(.streamingDiloco).text
        == "streaming-diloco(local_steps=100, fragment_layers=3, overlap_steps=1, precision=4, compression=1)")
    #expect(Parallelism(.pipeline).text == "pipeline(micro_batches=32, stages=0, in_flight=0, precision=16)")
  }

  private func refusal(_ text: String) throws -> Parallelism.Refusal {
    try #require(#expect(throws: Parallelism.Refusal.self) { try Parallelism(parsing: text) })
  }

  @Test func whatIsWrongIsSaid() throws {
    #expect(try refusal("pipelin").advice == "did you mean 'pipeline'?")
    #expect(try refusal("tensor").advice.contains("data, pipeline, diloco, streaming-diloco"))
    #expect(try refusal("diloco(local_step=5)").advice == "did you mean 'local_steps'?")
    #expect(try refusal("diloco(micro_batches=5)").message.contains("no parameter 'micro_batches'"))
    #expect(try refusal("diloco(local_steps=0)").message.contains("from 1 to 10000"))
    #expect(try refusal("diloco(local_steps=2.5)").message.contains("found '2.5'"))
    #expect(try refusal("diloco(local_steps)").message.contains("parameter=value"))
    #expect(try refusal("diloco(local_steps=5").message.contains("bracket"))
    #expect(try refusal("diloco(precision=4,precision=8)").message.contains("twice"))
    #expect(try refusal("data(overlap=some)").message.contains("overlap=none"))
  }

  /// Experts of a mixture stay at one site, and the reason is given.
  @Test func expertsDoNotSpreadOverSites() throws {
    #expect(try refusal("expert") == Parallelism.expertRefusal)
    #expect(try refusal("expert").message.contains("all-to-all"))
  }
}
