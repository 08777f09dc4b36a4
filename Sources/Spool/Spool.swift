package import BatchCore
package import Env

/// The folder of the input files that wait to be sent.
///
/// A file `b34.jsonl.zst` is whole and on the disk; anything else is a leftover. Every call blocks.
package struct Spool: Sendable {
    /// The folder.
    package let folder: String
    private let faults: Faults

    /// Opens the spool, and makes its folder when it is missing.
    package init(folder: String, faults: Faults = .none) throws(FileFault) {
        try FileSystem.makeFolders(folder)
        self.folder = folder
        self.faults = faults
    }

    /// Where the input file of `batch` is, or will be.
    package func path(of batch: BatchID) -> String { "\(folder)/\(batch).jsonl.zst" }

    /// True when the input file of `batch` is whole and here.
    package func hasFile(of batch: BatchID) -> Bool { FileSystem.exists(path(of: batch)) }

    /// Starts the input file of `batch`, from nothing.
    package func writer(for batch: BatchID) throws(FileFault) -> InputFileWriter {
        try InputFileWriter(path: path(of: batch), faults: faults)
    }

    /// Reads the input file of `batch`, as it is to be sent.
    package func reader(of batch: BatchID) throws(FileFault) -> InputFileReader {
        try InputFileReader(path: path(of: batch))
    }

    /// A place to sort the results of `batch`.
    package func resultRuns(of batch: BatchID) -> ResultRuns {
        ResultRuns(path: "\(folder)/\(batch).runs")
    }

    /// Where the result lines of a batch are dealt out before their rows are looked up.
    package func resultDeal(of batch: BatchID, parts: Int) -> ResultDeal {
        ResultDeal(path: "\(folder)/\(batch).deal", parts: parts)
    }

    /// Removes the input file of `batch`, finished or not; nothing when there is none.
    package func remove(_ batch: BatchID) throws(FileFault) {
        let path = path(of: batch)
        let hadPartial = try FileSystem.removeFile(path + ".partial")
        let hadFile = try FileSystem.removeFile(path)
        // Normally these lost their names when they were made.
        for scratch in ["runs", "deal"] { try FileSystem.removeFile("\(folder)/\(batch).\(scratch)") }
        // A removal that power loss undoes is harmless: it is done again, or the file is swept at start.
        if hadPartial || hadFile { faults.hit(.inputRemoved) }
    }

    /// The batches that have a file here, finished or not: what a restart compares with its records.
    package func batches() throws(FileFault) -> Set<BatchID> {
        Set(try FileSystem.names(in: folder).compactMap { BatchID(String($0.prefix { $0 != "." })) })
    }
}
