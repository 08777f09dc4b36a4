import Subprocess
print("not built yet")
