// SPDX-License-Identifier: Apache-2.0

/// A site as one pool, for policies that are not composed here.
public enum SitePool {
  /// GPUs of a site, nodes filled in order of index; nil if not so many are free.
  public static func piece(of gpus: Int32, on site: SiteState, index: Int) -> Piece? {
    Packing.pool.pack(gpus, on: site, index: Int32(index))
  }
}
