import Glibc

/// A fresh folder in one that is removed when the process ends.
func freshFolder() -> String {
    var template = Array("\(root)/XXXXXX\0".utf8CString)
    return String(cString: mkdtemp(&template))
}

private let root: String = {
    var template = Array("/tmp/batchd-tests-XXXXXX\0".utf8CString)
    let path = String(cString: mkdtemp(&template))
    atexit { system("rm -rf '\(root)'") }
    return path
}()
