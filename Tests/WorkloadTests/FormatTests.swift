// SPDX-License-Identifier: Apache-2.0

import Quantities
import Testing
import Workload

/// The traps of each format, on rows that can be counted by hand.
@Suite struct FormatTests {
  /// 460 thousandths of one GPU, three whole ones, a choice of models, and pods that never ran.
  @Test func openb() throws {
    let result = try trace(
      "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"
        + "a,1,1,1,460,V100M16|V100M32,LS,Running,10,110,30\n"
        + "b,1,1,3,1000,,BE,Failed,20,90,20\n"
        + "c,1,1,1,1000,,LS,Pending,30,95,\n"
        + "d,1,1,0,0,,LS,Succeeded,40,95,50\n"
        + "e,1,1,1,1000,,LS,Running,50,50,50\n"
        + "f,1,1,1,1000,,LS,Running,60,,65\n")
    #expect(result.jobs.map(\.id) == ["a", "b"])
    #expect(result.jobs.map(\.milliGPUs) == [460, 3000])
    #expect(result.jobs.map { $0.duration.seconds } == [80, 70])
    #expect(result.jobs[0].gpuModels == "V100M16|V100M32" && result.jobs[1].gpuModels == nil)
    #expect(
      result.account.skipped.map { "\($0.reason.rawValue) \($0.count)" }
        == ["no-gpu 1", "no-duration 1", "never-started 1", "still-running 1"])
    #expect(
      result.account.notes.contains { $0.hasPrefix("pods by phase: Failed 1, Pending 1, Running 3, Succeeded 1;") })
  }

  @Test func gaiaTellsHoursFromSecondsByWhatLengthsCanBe() throws {
    let hours = try trace("arrival_time,length,cpus\n0.0,0.0836,1\n0.5,71.1,4\n")
    #expect(hours.jobs.map { $0.submit.seconds } == [0, 1800])
    #expect(hours.jobs.map { $0.duration.seconds } == [300.96, 255_960])
    let seconds = try trace("arrival_time,length,cpus\n0,303,1\n68,1000.5,2\n")
    #expect(seconds.jobs.map { $0.duration.seconds } == [303, 1000.5])
    #expect(seconds.jobs.map(\.milliGPUs) == [1000, 2000])
    // Between the two there is no unit, and within one there is no job of the other.
    #expect(refusal("arrival_time,length,cpus\n0,100,1\n")?.advice.contains("YAML") == true)
    #expect(refusal("arrival_time,length,cpus\n0,1,1\n1,400,1\n")?.field == "length")
    var late = "arrival_time,length,cpus\n"
    for k in 0..<40_000 { late += "\(k).0,1000.0,1\n" }
    let error = refusal(late + "40000.0,2.5,1\n")
    #expect(error?.line == 40_002 && error?.found == "2.5 amid seconds")
  }

  static let slurm =
    "job_id,user,vc,gpu_num,cpu_num,node_num,state,submit_time,start_time,end_time,duration,queue\n"

  @Test func heliosStatesAndJobsWithoutGPUs() throws {
    let day = "2020-06-09 "
    let result = try trace(
      Self.slurm + "1,u1,vcA,8,1,1,COMPLETED,\(day)18:00:00,\(day)18:00:10,\(day)18:01:10,60,10\n"
        + "2,u1,vcA,0,1,1,COMPLETED,\(day)18:00:00,\(day)18:00:10,\(day)18:01:10,60,10\n"
        + "3,u2,vcB,1,1,1,CANCELLED,\(day)18:00:00,,,,\n"
        + "4,u2,vcB,1,1,1,TIMEOUT,\(day)18:00:00,\(day)18:00:10,None,,10\n"
        + "5,u2,vcB,1,1,1,NODE_FAIL,\(day)17:00:00,\(day)17:00:00,\(day)17:00:01,1,0\n"
        + "6,u2,vcB,1,1,1,FAILED,\(day)17:00:00,\(day)17:00:09,\(day)17:00:09,0,9\n")
    #expect(result.account.format == "helios")
    #expect(result.jobs.map(\.id) == ["5", "1"])
    #expect(result.jobs.map(\.group) == ["vcB", "vcA"] && result.jobs.map(\.user) == ["u2", "u1"])
    #expect(
      result.account.skipped.map { "\($0.reason.rawValue) \($0.count)" }
        == ["no-gpu 1", "no-duration 1", "never-started 1", "still-running 1"])
  }

  /// Ids are unique within a cluster only, so a folder of clusters puts the cluster before them.
  @Test func heliosFoldersAreOneTrace() throws {
    let folder = TemporaryFolder()
    let row = "7,u,vc,2,1,1,COMPLETED,2020-06-09 18:00:00,2020-06-09 18:00:10,2020-06-09 18:01:10,60,10\n"
    folder.write("Venus/cluster_log.csv", Self.slurm + row)
    folder.write("Earth/cluster_log.csv", Self.slurm + row + row)
    folder.write("Earth/cluster_gpu_number.csv", "date,vcA,total\n")
    let result = try TraceReader.read(path: folder.path)
    #expect(result.account.isComplete && result.account.rows == 3)
    #expect(result.jobs.map(\.id) == ["Earth-7", "Earth-7#2", "Venus-7"])
    // Of two files the hash is that of what sha256sum prints for them.
    let sums = readLines(
      folder.path,
      command: "cd '\(folder.path)' && sha256sum Earth/cluster_log.csv Venus/cluster_log.csv | sha256sum; true")
    #expect(result.account.sha256 == String(sums.first?.prefix(64) ?? ""))
  }

  @Test func acmeOffsetsAndTheWaitWithinTheDuration() throws {
    let header = "job_id,user,node_num,gpu_num,cpu_num,type,state,submit_time,start_time,end_time,duration,queue\n"
    let result = try trace(
      header
        + "a,u,1,8,1,Other,FAILED,2023-03-01 00:18:22+08:00,2023-03-01 00:18:54+08:00,2023-03-01 00:20:51+08:00,149,32\n"
        // The same instants in UTC, on the day before.
        + "b,u,1,8,1,Other,FAILED,2023-02-28 16:18:22+00:00,2023-02-28 16:18:54+00:00,2023-02-28 16:20:51+00:00,117,32\n"
    )
    #expect(result.jobs.map { $0.submit.seconds } == [1102, 1102])
    #expect(result.jobs.map { $0.duration.seconds } == [117, 117])
    #expect(result.account.notes.contains { $0.contains("(it includes the wait): 1;") })
    #expect(result.account.notes.contains { $0.hasPrefix("times are on a clock +8:00 from UTC; instants of other") })
  }

  /// A job of two tasks, one without GPUs; a task in per cent; jobs that wait, run, and ask for none.
  @Test func paiTablesAreJoined() throws {
    let jobs =
      "j1,i1,u1,Terminated,100.0,900.0\nj2,i2,u2,Failed,200.0,250.0\nj3,i3,u1,Waiting,300.0,\n"
      + "j4,i4,u1,Running,400.0,\nj5,i5,u1,Terminated,500.0,600.0\nj6,i6,u1,Terminated,600.0,700.0\n"
    let tasks =
      "j1,ps,2.0,Terminated,110.0,890.0,600.0,29.3,,CPU\nj1,worker,4.0,Terminated,120.0,880.0,600.0,29.3,50.0,V100\n"
      + "j1,chief,1.0,Terminated,130.0,885.0,600.0,29.3,100.0,V100\nj2,x,1.0,Failed,,,600.0,29.3,25.0,MISC\n"
      + "j4,x,1.0,Running,400.0,,600.0,29.3,25.0,T4\nj5,x,1.0,Terminated,500.0,600.0,600.0,29.3,,\nbroken,row\n"
      + "j3,x,1.0,Waiting,,,600.0,29.3,25.0,T4\n"
    let folder = TemporaryFolder()
    folder.write("pai_job_table.csv", jobs)
    folder.write("pai_task_table.csv", tasks)
    let result = try TraceReader.read(path: folder.path)
    #expect(result.account.isComplete && result.account.format == "pai" && result.account.rows == 6)
    #expect(result.jobs.map(\.id) == ["j1", "j2"])
    // 4 x 50 % + 1 x 100 %; from the first start of a task with GPUs to their last end.
    #expect(result.jobs.map(\.milliGPUs) == [3000, 250])
    #expect(result.jobs.map { $0.duration.seconds } == [885 - 120, 50])
    #expect(result.jobs.map(\.gpuModels) == ["V100", "MISC"])
    #expect(
      result.account.skipped.map { "\($0.reason.rawValue) \($0.count)" }
        == ["no-gpu 2", "never-started 1", "still-running 1"])
    #expect(result.account.notes.contains { $0.contains("table of tasks that cannot be read: 1") })
    // Either table may be named, and the second is missed where it is not there.
    #expect(try TraceReader.read(path: folder.path + "/pai_job_table.csv").jobs == result.jobs)
    #expect(try TraceReader.read(path: folder.path + "/pai_task_table.csv").jobs == result.jobs)
    // Group tags, where they are: the group, the model asked for, and what is trained. Of two rows the first holds.
    folder.write(
      "pai_group_tag_table.csv", "i2,u2,T4,g7,bert\ni1,u1,,g9,\ni1,u1,,g0,ctr\nbroken\n")
    let tagged = try TraceReader.read(path: folder.path)
    #expect(tagged.jobs.map(\.group) == ["g9", "g7"] && tagged.jobs.map(\.gpuModels) == ["V100", "T4"])
    #expect(tagged.jobs.map(\.duration) == result.jobs.map(\.duration))
    #expect(tagged.account.sha256 != result.account.sha256)
    #expect(tagged.account.notes.contains("jobs with a group tag: 2; rows of 4 that cannot be read: 1"))
    #expect(tagged.account.notes.contains("workloads named by the tags, most frequent first: bert 1"))
    folder.remove("pai_task_table.csv")
    let error = #expect(throws: TraceError.self) { try TraceReader.read(path: folder.path) }
    #expect(error?.expected.hasPrefix("pai_task_table.csv") == true)
  }

  static func swf(_ id: Int, status: Int = 1, more: String = "") -> String {
    "\(id) 5 -1 100 4 1.5 -1 4 200 -1 \(status) 7 3 1 1 1 -1 -1\(more)\n"
  }

  @Test func swfColumnsPartsAndWrongHeaders() throws {
    let parts = try trace(
      "; MaxProcs: 10\n; MaxJobs: 9\n" + Self.swf(1, status: 1) + Self.swf(1, status: 2) + Self.swf(1, status: 3)
        + Self.swf(2, status: 5) + "; a comment: amid the rows\n" + Self.swf(3, status: 0))
    #expect(parts.jobs.map(\.id) == ["1", "2", "3"] && parts.jobs[0].user == "7" && parts.jobs[0].group == "3")
    #expect(parts.account.count(of: .partialExecution) == 2 && parts.account.rows == 5)
    #expect(parts.account.notes.contains("the header announces 9 jobs, the file has 5"))
    // 21 columns, all through the file or not at all.
    let wide = try trace(Self.swf(1, more: " 0.5 x 9") + Self.swf(2, more: " 0.5 x 9") + Self.swf(3))
    #expect(wide.account.format == "swf" && wide.jobs.map(\.id) == ["1", "2"])
    #expect(wide.account.count(of: .tooFewFields) == 1)
    #expect(wide.account.notes.contains { $0.hasPrefix("rows have 21 columns") })
  }

  /// 1996-09-23 12:00:31 UTC plus an hour, as the header's TimeZone has it: 13 h of a Monday.
  @Test func swfStartTimeGivesHoursAndWeekdays() throws {
    let log = try trace("; UnixStartTime: 843480031\n; TimeZone: 3600\n" + Self.swf(1))
    let statistics = TraceStatistics(log)
    #expect(statistics.arrivalsByHour?[13] == 1 && statistics.arrivalsByWeekday?[0] == 1)
  }

  @Test func nativeJSONLines() throws {
    let result = try trace(
      #"{"job_id": "a\u00e9\"b", "submit_s": 1.5, "gpus": 0.5, "duration_s": 10, "splittable": true, "user": "u"}"#
        + "\n"
        + #"{"duration_s": "20", "gpus": 2, "submit_s": 0, "job_id": "b", "nested": {"x": [1, "}"]}, "pin": null}"#
        + "\r\n"
        + "\n"
        + #"{"job_id": "c", "submit_s": 3, "gpus": 1}"# + "\n"
        + #"{"job_id": "d", "submit_s": 3, "gpus": 1,, "duration_s": 5}"# + "\n"
        + #"{"job_id": "e", "submit_s": 3, "gpus": 1, "duration_s": 5} x"# + "\n"
        + #"{"job_id": "f", "submit_s": NaN, "gpus": 1, "duration_s": 5}"# + "\n"
        + #"{"job_id": "g", "submit_s": 4, "gp"#)
    #expect(result.account.format == "native" && result.account.rows == 7)
    #expect(result.jobs.map(\.id) == ["b", "aé\"b"])
    #expect(result.jobs.map(\.milliGPUs) == [2000, 500] && result.jobs[1].splittable && result.jobs[1].user == "u")
    #expect(
      result.account.skipped.map { "\($0.reason.rawValue) \($0.count)" }
        == ["torn-last-line 1", "broken-json 2", "unreadable-submit 1", "unreadable-duration 1"])
  }

  /// A last line that stops behind a comma has as many fields as a whole one.
  @Test func aLastLineTornBehindAComma() throws {
    let header = "job_id,submit_s,gpus,duration_s\na,0,1,9\n"
    #expect(try trace(header + "b,20,1,").account.skipped.map(\.reason) == [.tornLastLine])
    #expect(try trace(header + "b,20,1,\n").account.skipped.map(\.reason) == [.unreadableDuration])
    #expect(try trace(header + "b,20,x,9").account.skipped.map(\.reason) == [.unreadableGPUs])
    // An optional last field may be empty.
    let more = "job_id,submit_s,gpus,duration_s,user\na,0,1,9,u\nb,20,1,9,"
    #expect(try trace(more).jobs.map(\.id) == ["a", "b"])
  }
}
