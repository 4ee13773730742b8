// SPDX-License-Identifier: Apache-2.0

/// How well a figure of a catalogue is known. Printed beside it wherever it matters.
public enum Certainty: String, Sendable, CaseIterable {
  /// Read in the source that is named.
  case verified
  /// Read in a secondary source only.
  case secondary
  /// Calculated from figures that are known.
  case derived
  /// Recalled from a published source that was not read again.
  case recalled
  /// Chosen within what is plausible, because nobody publishes it.
  case assumption
}
