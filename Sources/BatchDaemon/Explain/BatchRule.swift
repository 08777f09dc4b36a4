import BatchCore
import BatchStore

extension BatchPhase {
    /// Why a batch is in this phase, as a sentence.
    var rule: String {
        switch self {
        case .staging: "Rows were claimed for it, and its input file is being written."
        case .staged: "Its input file is complete, and it waits for a place among the jobs."
        case .creating: "Stripe was asked to make a job; no answer is known yet."
        case .awaitingUpload: "The job exists and waits for its file."
        case .uploading: "The file is being sent; nobody knows yet whether all of it arrived."
        case .processing: "Stripe has the file, and works on it."
        case .collecting(_, let ending, _): "The job ended as \(ending.rawValue); its results are fetched."
        case .archived: "The results are in the archive, and its rows are settled from them."
        case .settled: "Every row of it has its outcome, goes again, or is held."
        case .released(let reason): reason.sentence
        }
    }

    /// What happens next by itself; nil when nothing does.
    var next: String? {
        switch self {
        case .staging: "The file is completed, and then a job is asked for."
        case .staged: "A job is asked for when a place is free."
        case .creating: "Stripe is asked again, with the same key: that makes no second job."
        case .awaitingUpload: "The file is sent."
        case .uploading: "The job is looked at; if the file did not arrive, it is sent again."
        case .processing: "The job is looked at."
        case .collecting: "The results are downloaded into the archive."
        case .archived: "Its rows are settled."
        case .settled, .released: nil
        }
    }
}

extension ReleaseReason {
    fileprivate var sentence: String {
        let back = "Its rows went back, none was run"
        return switch self {
        case .windowMissed: "\(back): too little of the upload window was left."
        case .tooLarge: "\(back): at the rates seen, it was too large for one job."
        case .uploadTimeout: "\(back): Stripe said that no file came in time."
        case .createRefused: "\(back): Stripe refused to make the job."
        case .canceled: "\(back): the workload was canceled before its file was sent."
        case .stopped: "\(back): the workload was held or paused before a job was asked for."
        case .accountChanged: "\(back): its queue belongs to another account now, and its file was not sent."
        }
    }
}
