// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The report in a browser without a window: what a person would see is drawn, and nothing complains.
@Suite struct ReportPageTests {
  private static var browser: String? {
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }

  @Test func chartsAreDrawnAndNothingComplains() throws {
    guard let browser = Self.browser else {
      print("SKIPPED: chromium is not installed (apt-get install chromium)")
      #expect(ProcessInfo.processInfo.environment["CI"] == nil, "chromium is missing")
      return
    }
    let place = try Workplace()
    var jobs = "job_id,submit_s,gpus,duration_s\n"
    for k in 0..<60 { jobs += "j\(k),\(900 * k),\(8 * (1 + k % 4)),\(1200 + 600 * (k % 9))\n" }
    try place.write("jobs.csv", jobs)
    let outcome = try place.run(
      "compare", Built.root + "/Scenarios/two-sites.yaml", "--trace", "jobs.csv", "--policies",
      "fifo@first-fit,sjf-skip@cheapest-energy,srtf-skip@most-free", "--quiet", "--out", "out")
    #expect(outcome.status == 0, "\(outcome.complaints)")
    let page = try place.read("out/report.html")
    #expect(!page.contains("has no charts"), "Chart.js was not found: apt-get install libjs-chart.js")

    let process = Process()
    process.executableURL = URL(fileURLWithPath: browser)
    process.arguments = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr",
      "--user-data-dir=" + place.file("profile"), "--virtual-time-budget=5000", "--dump-dom",
      "file://" + place.file("out/report.html"),
    ]
    _ = FileManager.default.createFile(atPath: place.file("dom"), contents: nil)
    _ = FileManager.default.createFile(atPath: place.file("errors"), contents: nil)
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: place.file("dom")))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: place.file("errors")))
    process.environment = ProcessInfo.processInfo.environment.merging(["HOME": place.path]) { _, new in new }
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
    if ended.wait(timeout: .now() + 60) == .timedOut {
      process.terminate()
      Issue.record("the browser had not ended after a minute")
    }
    let dom = try place.read("dom")
    let console = try place.read("errors").split(separator: "\n").filter { $0.contains("CONSOLE") }
    #expect(console.isEmpty, "\(console)")
    // One scatter, two distributions, three time lines; each has ink on it, as the page itself has looked up.
    #expect(dom.components(separatedBy: "<canvas").count - 1 == 6)
    #expect(dom.contains("data-charts=\"6\""), "\(dom.prefix(300))")
  }
}
