/// The open files of a job while its rows are read and executed.
///
/// Kept apart from `Job`, which is a value: this is what is dropped when the job ends.
final class JobWork {
    let input: InputFile
    let reader: InputFileReader
    let results: LineFile
    /// Digests of the ids read so far, to find duplicates.
    var seen: Set<UInt64> = []
    /// The order of execution, which is also the order of the results.
    var order: [UInt32] = []

    init(input: InputFile, resultPath: String) throws {
        self.input = input
        reader = try InputFileReader(input)
        results = try LineFile(path: resultPath)
    }

    /// Mixes the rows: the order of execution is not the order of the file.
    func shuffle(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        order = (0..<UInt32(input.rowCount)).shuffled(using: &random)
        seen = []
    }
}
