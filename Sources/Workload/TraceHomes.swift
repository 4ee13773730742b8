// SPDX-License-Identifier: Apache-2.0

/// Where a public trace lives, and under which licence.
public struct TraceHome: Equatable, Sendable {
  public struct File: Equatable, Sendable {
    /// Path below the folder that a trace is fetched into.
    public var name: String
    public var url: String
    /// Nil where nobody states it.
    public var bytes: Int64?
    /// In hexadecimal; nil where nobody states it: it is then recorded when the file is first fetched.
    public var sha256: String?

    public init(_ name: String, _ url: String, bytes: Int64? = nil, sha256: String? = nil) {
      self.name = name
      self.url = url
      self.bytes = bytes
      self.sha256 = sha256
    }
  }

  /// What `trace fetch` calls it.
  public var name: String
  public var summary: String
  public var format: TraceFormat
  public var licence: String
  public var cite: String
  public var files: [File]
  /// Where addresses, sizes and checksums come from.
  public var source: String
}

/// The public traces that `longhaul trace fetch` knows. An address with a commit in it always gives the same bytes; one
/// with a branch may change, which shows where a checksum is stated or was recorded.
public enum TraceHomes {
  private static let ccBy = "Creative Commons Attribution 4.0 (CC-BY-4.0)"
  private static let archive =
    "free to use with acknowledgement (Parallel Workloads Archive): thank the people named in the file's header"

  private static func raw(_ repository: String, _ commit: String, _ path: String) -> String {
    "https://raw.githubusercontent.com/\(repository)/\(commit)/\(path)"
  }

  private static func large(_ repository: String, _ branch: String, _ path: String) -> String {
    // Leads to the file itself where the repository keeps it in Git LFS.
    "https://github.com/\(repository)/raw/\(branch)/\(path)"
  }

  public static func named(_ name: String) throws(TraceError) -> TraceHome {
    if let home = all.first(where: { $0.name == name }) { return home }
    throw TraceError(
      file: "trace fetch", expected: "one of " + all.map(\.name).joined(separator: ", "), found: "'\(name)'",
      advice: "see 'longhaul catalog traces'")
  }

  public static let all: [TraceHome] = [
    TraceHome(
      name: "philly",
      summary: "Microsoft Philly 2017, jobs with a usable run time, as the authors of Pollux cut them out",
      format: .philly, licence: "\(ccBy) underneath; extracted by petuum/adaptdl (Apache-2.0 on its main branch)",
      cite: "M. Jeon et al., USENIX ATC 2019; A. Qiao et al., OSDI 2021",
      files: [
        .init(
          "philly.csv",
          raw("petuum/adaptdl", "c793c7089bd307462686339d29707925c461f9a9", "simulator/traces/philly.csv"))
      ], source: "petuum/adaptdl at commit c793c708; size and checksum are not stated anywhere"),
    TraceHome(
      name: "philly-json", summary: "Microsoft Philly 2017 as published: 117,325 jobs with their attempts",
      format: .phillyJSON, licence: ccBy, cite: "M. Jeon et al., USENIX ATC 2019",
      files: [
        .init(
          "trace-data.tar.gz", large("msr-fiddle/philly-traces", "master", "trace-data.tar.gz"), bytes: 1_055_988_361,
          sha256: "2037ccf63a725a02be718b0e1aeee6142c90b7f62d0d849295120e9f6ba13d2c")
      ],
      source: "msr-fiddle/philly-traces; size and checksum from its Git LFS pointer at commit 9425c498. The archive is "
        + "read as it is: cluster_job_log in it"),
    TraceHome(
      name: "pai", summary: "Alibaba PAI 2020: tables of 1.06 million jobs and their tasks", format: .pai,
      licence: ccBy,
      cite: "Q. Weng et al., NSDI 2022",
      files: [
        .init(
          "pai_job_table.tar.gz",
          "https://aliopentrace.oss-cn-beijing.aliyuncs.com/v2020GPUTraces/pai_job_table.tar.gz",
          sha256: "5aad7f7caac501136d14ed6a48e40546f825d7b0617a3a4f337e2348fe0a6cb0"),
        .init(
          "pai_task_table.tar.gz",
          "https://aliopentrace.oss-cn-beijing.aliyuncs.com/v2020GPUTraces/pai_task_table.tar.gz",
          sha256: "cd1d6dc3215d2a8607ccf6b6dd952b5db776df86926c73259fea7c1499ac40e5"),
        .init(
          "pai_group_tag_table.tar.gz",
          "https://aliopentrace.oss-cn-beijing.aliyuncs.com/v2020GPUTraces/pai_group_tag_table.tar.gz",
          sha256: "722fef30b7fb7aa50dabd79155614b5423a9d65cf45a9b26c590d57725423a14"),
      ], source: "alibaba/clusterdata, cluster-trace-gpu-v2020/README.md: addresses, checksums (60, 34 and 53 MB)"),
    TraceHome(
      name: "pai-gaia",
      summary: "PAI 2020 as prepared by GAIA: a year of 99,998 jobs in hours, a week of 1,000 in seconds",
      format: .paiGAIA, licence: "MIT for the prepared file, \(ccBy) underneath",
      cite: "Q. Weng et al., NSDI 2022; W. A. Hanafy et al., ASPLOS 2024",
      files: [
        .init(
          "pai-100k.csv",
          raw("umassos/GAIA", "62a5efccb20fa04d6e507e12350eb4468eab9888", "src/cluster_traces/pai-100k.csv"),
          bytes: 3_738_595, sha256: "b2325599b3b3ac19dcf7377f2452633f9c02cd0e4a8f1e0cf553f63b68558a2d"),
        .init(
          "pai_1k.csv",
          raw("umassos/GAIA", "62a5efccb20fa04d6e507e12350eb4468eab9888", "src/cluster_traces/pai_1k.csv"),
          bytes: 17_754, sha256: "f1fb822a29bff1a12948a482423f761d68ac7c88ae541f646fe4e6e149361069"),
      ], source: "umassos/GAIA at commit 62a5efcc"),
    TraceHome(
      name: "openb", summary: "Alibaba openb 2023: 8,152 pods with shared GPUs, and 1,523 nodes", format: .openb,
      licence: "Apache-2.0", cite: "Q. Weng et al., USENIX ATC 2023",
      files: [
        .init(
          "openb_pod_list_default.csv",
          raw(
            "hkust-adsl/kubernetes-scheduler-simulator", "8f3d6417353c5083c6d56617f255fadd8dc306bc",
            "data/csv/openb_pod_list_default.csv"), bytes: 575_468,
          sha256: "1ee7ed79c27a3b0861cda8ddba86a004c6aba904caafa329a76ae93ca63834a8"),
        .init(
          "openb_node_list_all_node.csv",
          raw(
            "hkust-adsl/kubernetes-scheduler-simulator", "8f3d6417353c5083c6d56617f255fadd8dc306bc",
            "data/csv/openb_node_list_all_node.csv"), bytes: 52_287,
          sha256: "5a85c2af79c66a1efff8bbcbda430400aae56d8431370d738480967e1a9c6b15"),
      ],
      source: "hkust-adsl/kubernetes-scheduler-simulator at commit 8f3d6417; the same files are in alibaba/clusterdata"),
    TraceHome(
      name: "helios",
      summary: "SenseTime Helios 2020: 3,362,981 jobs of Earth, Saturn, Uranus and Venus (read the folder)",
      format: .helios, licence: ccBy, cite: "Q. Hu et al., SC 2021",
      files: ["Earth", "Saturn", "Uranus", "Venus"].map {
        .init(
          "\($0)/cluster_log.csv", large("S-Lab-System-Group/HeliosData", "master", "data/\($0)/cluster_log.csv"))
      }, source: "S-Lab-System-Group/HeliosData, README.md (343 MB in all); checksums are not stated"),
    TraceHome(
      name: "acme", summary: "Shanghai AI Lab Acme 2023: Seren and Kalos", format: .acme, licence: ccBy,
      cite: "Q. Hu et al., NSDI 2024",
      files: ["seren", "kalos"].map {
        .init("trace_\($0).csv", large("InternLM/AcmeTrace", "main", "data/job_trace/trace_\($0).csv"))
      }, source: "InternLM/AcmeTrace, README.md; checksums are not stated"),
    TraceHome(
      name: "kth-sp2", summary: "KTH SP2 1996: 28,489 jobs on 100 processors", format: .swf, licence: archive,
      cite: "log by L. Malinowsky; D. G. Feitelson et al., JPDC 74(10), 2014",
      files: [
        .init(
          "KTH-SP2-1996-log.swf",
          raw(
            "dinesh121991/predictsim", "2e5e2d1b8789e9a8feda88504cbdc7ae78e5f89b",
            "experiments/data/KTH-SP2/swf_unfiltered/log.swf"), bytes: 2_621_562,
          sha256: "df76b94e5f670db52179688a98deec3e1887d10adb39f96c900b8e92abb386ab")
      ], source: "dinesh121991/predictsim at commit 2e5e2d1b; the archive's own copy is at l_kth_sp2"),
    TraceHome(
      name: "nasa-ipsc", summary: "NASA Ames iPSC/860 1993: 18,239 jobs on 128 nodes", format: .swf, licence: archive,
      cite: "D. Feitelson and B. Nitzberg, JSSPP 1995",
      files: [
        .init(
          "NASA-iPSC-1993-3.1-cln.swf.gz",
          "https://www.cs.huji.ac.il/labs/parallel/workload/l_nasa_ipsc/NASA-iPSC-1993-3.1-cln.swf.gz")
      ], source: "Parallel Workloads Archive; checksum is not stated"),
    TraceHome(
      name: "hpc2n", summary: "HPC2N Seth 2002: 527,371 jobs on 240 processors", format: .swf, licence: archive,
      cite: "log by A. Sandgren; D. G. Feitelson et al., JPDC 74(10), 2014",
      files: [
        .init(
          "HPC2N-2002-2.2-cln.swf.gz",
          "https://www.cs.huji.ac.il/labs/parallel/workload/l_hpc2n/HPC2N-2002-2.2-cln.swf.gz")
      ], source: "Parallel Workloads Archive; checksum is not stated"),
    TraceHome(
      name: "azure-llm", summary: "Azure LLM inference 2023: requests of an hour, code and conversation",
      format: .azureLLM,
      licence: ccBy, cite: "P. Patel et al., ISCA 2024",
      files: [
        .init(
          "AzureLLMInferenceTrace_code.csv",
          raw(
            "Azure/AzurePublicDataset", "b469a113cedca53ddc3bdea71a143dc4b7d8700c",
            "data/AzureLLMInferenceTrace_code.csv"), bytes: 320_117,
          sha256: "54e9a6d2a4bd06ba1e060304b900abbc74cbea53de96506e60fe5bb4f2277fb6"),
        .init(
          "AzureLLMInferenceTrace_conv.csv",
          raw(
            "Azure/AzurePublicDataset", "b469a113cedca53ddc3bdea71a143dc4b7d8700c",
            "data/AzureLLMInferenceTrace_conv.csv")),
      ], source: "Azure/AzurePublicDataset at commit b469a113; the checksum of conv is not stated"),
    TraceHome(
      name: "azure-llm-2024", summary: "Azure LLM inference 2024: requests of nine days, code and conversation",
      format: .azureLLM, licence: ccBy, cite: "J. Stojkovic et al., arXiv 2408.00741",
      files: ["code", "conv"].map {
        .init(
          "AzureLLMInferenceTrace_\($0)_1week.csv",
          "https://azurepublicdatasettraces.blob.core.windows.net/azurellminfererencetrace/"
            + "AzureLLMInferenceTrace_\($0)_1week.csv")
      }, source: "Azure/AzurePublicDataset, AzureLLMInferenceDataset2024Links.txt; checksums are not stated"),
    TraceHome(
      name: "mooncake", summary: "Mooncake 2024: 12,031 requests of an hour with the blocks of their prompts",
      format: .mooncake, licence: "Apache-2.0", cite: "R. Qin et al., FAST 2025",
      files: [
        .init(
          "conversation_trace.jsonl",
          raw(
            "kvcache-ai/Mooncake", "3b5a594133958449a1feaf1c9e0fc1b553e34a28",
            "FAST25-release/traces/conversation_trace.jsonl"), bytes: 3_029_533,
          sha256: "b8cbb061a85206d729d91cdc2981f43c9e0d99209dce588d3af5f7934408b9df")
      ], source: "kvcache-ai/Mooncake at commit 3b5a5941"),
    TraceHome(
      name: "burstgpt", summary: "BurstGPT 2023: 1.43 million requests to ChatGPT and GPT-4 in two months",
      format: .burstGPT,
      licence: ccBy, cite: "Y. Wang et al., arXiv 2401.17644",
      files: [
        .init(
          "BurstGPT_1.csv", large("HPMLL/BurstGPT", "main", "data/BurstGPT_1.csv"), bytes: 52_283_111,
          sha256: "4bb3783693d0a435686fbfc885615d2349bd067239079fa4b749f2e679e12122")
      ], source: "HPMLL/BurstGPT; size and checksum from its Git LFS pointer at commit 5d93d820"),
  ]
}
