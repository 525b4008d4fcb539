sudo -u vmagent env GOMAXPROCS=1 NAME=edge-7 /usr/bin/vmagent -remoteWrite.url=http://vm:8428/w -remoteWrite.label=agent=$NAME < /dev/null > /dev/null
