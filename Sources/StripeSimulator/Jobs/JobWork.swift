/// The open files of a job while its rows are read and executed.
///
/// Kept apart from `Job`, which is a value: this is what is dropped when the job ends.
final class JobWork {
    let input: InputFile
    let reader: InputFileReader
    let results: LineFile
    /// The order of execution, which is also the order of the results: not the order of the file.
    let order: Shuffle
    /// Digests of the ids read so far, to find duplicates; nil once there can be none.
    private var seen: DigestTable?

    init(input: InputFile, resultPath: String, seed: UInt64) throws {
        self.input = input
        reader = try InputFileReader(input)
        results = try LineFile(path: resultPath)
        order = Shuffle(count: input.rowCount, seed: seed)
        seen = try DigestTable(beside: resultPath)
    }

    /// Reads one row.
    ///
    /// - Throws: `RowLine.Defect` when the line can't be a row of this job.
    func row(_ index: Int, placeholders: [String]) throws -> RowLine {
        let row = try reader.withRow(index) { try RowLine.parse($0, placeholders: placeholders) }
        guard let seen, try !seen.insert(Chance.digest(row.id)) else { return row }
        throw RowLine.Defect(
            id: row.id, code: "parameter_invalid", message: "Duplicate id: \(row.id).", param: "id")
    }

    /// Every row has been read, and has an id of its own.
    func endValidation() { seen = nil }
}
