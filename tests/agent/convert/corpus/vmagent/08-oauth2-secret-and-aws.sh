vmagent -remoteWrite.url=https://a.example.com/w,https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1/api/v1/remote_write \
  -remoteWrite.oauth2.clientID=edge, -remoteWrite.oauth2.clientSecret=s3cret, \
  -remoteWrite.oauth2.tokenUrl=https://idp.example.com/token, \
  -remoteWrite.aws.useSigv4=false,true -remoteWrite.aws.region=,eu-west-1 -remoteWrite.aws.service=,aps \
  -remoteWrite.aws.accessKey=,AKIA -remoteWrite.aws.secretKey=,key \
  -remoteWrite.aws.roleARN=,arn:aws:iam::1:role/metrics -remoteWrite.aws.stsEndpoint=,https://sts.eu-west-1.amazonaws.com \
  -remoteWrite.aws.ec2Endpoint=,https://ec2.eu-west-1.amazonaws.com
