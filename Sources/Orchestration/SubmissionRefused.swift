package import BatchCore

/// Why a submission was not accepted. Nothing of it was queued.
package enum SubmissionRefused: Error, Sendable {
    /// The input is not good: the first defects with their line, and how many there are.
    case defects([Defect], total: Int64)
    /// Ids stand in it more than once, and nobody knows which of the lines is meant.
    case repeatedIDs([Defect], total: Int64)
    /// The header of a CSV file does not fit the queue's template.
    case header(CSVRows.HeaderMismatch)
    /// There is no row in it.
    case empty
    /// The same content is in the queue already.
    case duplicateContent(of: WorkloadID)
    /// The submission key belongs to a workload with other content.
    case keyTaken(by: WorkloadID)
    /// Too little space is left on the disk: accepting more would endanger what was accepted.
    case diskFull(free: Int64, needed: Int64)

    /// One thing that is wrong with the input.
    package struct Defect: Hashable, Sendable {
        /// The line, from 1.
        package let line: Int64
        /// What is wrong in it, and at which byte; of CSV, at which field.
        package let defect: LineDefect
    }
}
